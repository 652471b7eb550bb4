import { percent } from '../../core/text.ts'
import { medianOf } from '../../core/vector.ts'
import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { drift } from '../../train/drift.ts'
import { advised } from '../advised.ts'
import { type Diagnostic, greatestEntry, noStatistics } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'
import { measuredBatches } from './drift.ts'

/** Diagnostic D15: channels that BN scales to almost 0, and channels whose variance is as small as eps. */
export const deadScale: Diagnostic = {
  id: 'D15',
  title: 'channels of BN without effect',
  quantity:
    'share of a layer’s channels whose |γ|·σ/√(σ² + eps) is below 0.01, or γ below 0.001 of the median; and the share with σ² below 10·eps',
  threshold: 'above 10 % of a layer: warning if γ decays, otherwise note',
  remedy: 'dead γ that decay: exempt γ, β and biases from weight decay',
  source: 'Liu et al. 2017, https://arxiv.org/abs/1708.06519, section 3; the bands are ours',
  async examine(subject) {
    const { tracking, task } = subject
    if (tracking.length === 0) return noStatistics
    const layers = await drift(task, subject.training(), { batches: measuredBatches(subject) })
    const found = tracking.map(({ name, layer }) => ({ name, ...shares(layer, layers.get(name)!.variance) }))
    const [deadest, dead] = greatestEntry(found.map(({ name, dead }) => [name, dead]))
    const [flattest, flat] = greatestEntry(found.map(({ name, flat }) => [name, flat]))
    const value = Math.max(dead, flat)
    const values: Record<string, number> = {}
    for (const { name, dead, flat } of found) {
      values[`${name} dead`] = dead
      values[`${name} flat`] = flat
    }
    if (value <= 0.1) {
      const advice = `at most ${percent(dead)} of a layer's channels have a dead γ, and ${percent(flat)} a variance near eps`
      return { severity: 'ok', value, values, advice }
    }
    if (dead < flat) {
      const advice = `${percent(flat)} of the channels of layer ${flattest} have a variance below 10·eps, like units that never fire: eps dominates them, and BN amplifies their noise`
      return { severity: 'note', value, values, advice }
    }
    const decays = decaysScale(subject, deadest)
    const measured = `${percent(dead)} of the channels of layer ${deadest} have a dead γ${decays ? ', which weight decay shrinks' : ''}`
    const change = decays ? ({ type: 'exemptVectors' } as const) : undefined
    return { severity: decays ? 'warning' : 'note', value, values, ...advised(measured, change) }
  },
}

/** Whether the scale γ of the BN (batch normalization) layer with this name has weight decay at any step. */
function decaysScale(subject: Subject, layer: string): boolean {
  const name = layer === '' ? 'weight' : `${layer}.weight`
  if (!subject.trained.has(name)) return false
  const { rates, weightDecay } = subject.rule(name)
  return rates.some((_, step) => weightDecay(step) > 0)
}

/** Returns two fractions of a BN layer's channels: `dead` have γ near 0, `flat` have a variance near eps. */
function shares({ weight, eps }: BatchNorm, variance: ArrayLike<number>): { dead: number; flat: number } {
  const gamma = Array.from(variance, (_, c) => Math.abs(Number(weight?.data[c] ?? 1)))
  const median = medianOf(gamma)
  const share = (is: (c: number) => boolean): number => gamma.filter((_, c) => is(c)).length / gamma.length
  const scale = (c: number): number => gamma[c]! * Math.sqrt(variance[c]! / (variance[c]! + eps))
  return {
    dead: share((c) => gamma[c]! < 1e-3 * median || (scale(c) < 1e-2 && variance[c]! >= 10 * eps)),
    flat: share((c) => variance[c]! < 10 * eps),
  }
}
