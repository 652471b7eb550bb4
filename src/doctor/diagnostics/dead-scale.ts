import { medianOf } from '../../core/vector.ts'
import type { BatchNorm } from '../../nn/norm/batch-norm.ts'
import { drift } from '../../train/drift.ts'
import { type Diagnostic, type Finding, greatestEntry, noStatistics, percent } from '../diagnosis.ts'
import { measuredBatches } from './drift.ts'

/** D15: channels that BN has turned off, or whose noise it amplifies. */
export const deadScale: Diagnostic = {
  id: 'D15',
  title: 'channels of BN without effect',
  quantity:
    'share of a layer’s channels whose |γ|·σ/√(σ² + eps) is below 0.01, or γ below 0.001 of the median; and the share with σ² below 10·eps',
  threshold: 'warning above 10 % of a layer',
  remedy:
    'dead γ: a lower rate for γ, or no weight decay on it; σ² near eps: larger weights before, or a smaller eps',
  source: 'Liu et al. 2017, https://arxiv.org/abs/1708.06519, section 3; the bands are ours',
  async examine(subject) {
    const { tracking, task } = subject
    if (tracking.length === 0) return noStatistics
    const layers = await drift(task, subject.training(), { batches: measuredBatches(subject) })
    return judged(tracking.map(({ name, layer }) => ineffective(name, layer, layers.get(name)!.variance)))
  },
}

/** Shares of a layer's channels that have no effect. */
interface Ineffective {
  readonly name: string
  /** Those with γ, or γ's share after normalization, near 0. */
  readonly dead: number
  /** Those with a variance near eps. */
  readonly flat: number
}

function ineffective(name: string, { weight, eps }: BatchNorm, variance: ArrayLike<number>): Ineffective {
  const gamma = Array.from(variance, (_, c) => Math.abs(Number(weight?.data[c] ?? 1)))
  const middle = medianOf(gamma)
  const part = (is: (c: number) => boolean): number => gamma.filter((_, c) => is(c)).length / gamma.length
  const scale = (c: number): number => gamma[c]! * Math.sqrt(variance[c]! / (variance[c]! + eps))
  return {
    name,
    dead: part((c) => gamma[c]! < 1e-3 * middle || (scale(c) < 1e-2 && variance[c]! >= 10 * eps)),
    flat: part((c) => variance[c]! < 10 * eps),
  }
}

function judged(found: readonly Ineffective[]): Finding {
  const [deadest, dead] = greatestEntry(found.map(({ name, dead }) => [name, dead]))
  const [flattest, flat] = greatestEntry(found.map(({ name, flat }) => [name, flat]))
  const all = found.flatMap(({ name, dead, flat }) => [
    [`${name} dead`, dead],
    [`${name} flat`, flat],
  ])
  const [value, values] = [Math.max(dead, flat), Object.fromEntries(all)]
  if (value <= 0.1) {
    const advice = `at most ${percent(dead)} of a layer's channels have a dead γ, and ${percent(flat)} a variance near eps`
    return { severity: 'ok', value, values, advice }
  }
  const advice =
    dead >= flat
      ? `${percent(dead)} of the channels of layer ${deadest} have a dead γ: leave γ out of weight decay, or lower its rate`
      : `${percent(flat)} of the channels of layer ${flattest} have a variance below 10·eps, like units that never fire: eps dominates them, and BN amplifies noise there`
  return { severity: 'warning', value, values, advice }
}
