import { medianOf } from '../../core/vector.ts'
import { drift } from '../../train/drift.ts'
import { type Diagnostic, greatestEntry, percent, short } from '../diagnosis.ts'
import { measuredBatches } from './drift.ts'

/** D15: channels that BN turned off, or that it only amplifies. */
export const deadScale: Diagnostic = {
  id: 'D15',
  title: 'channels of BN without effect',
  quantity:
    'the part of a layer’s channels whose |γ|·σ/√(σ² + eps) is below 0.01, or γ below 0.001 of the median; and the part with σ² below 10·eps',
  threshold: 'warning above 10 % of a layer',
  remedy:
    'dead γ: a lower rate for γ, or no weight decay on it; σ² near eps: larger weights before, or a smaller eps',
  source: 'Liu et al. 2017, https://arxiv.org/abs/1708.06519, section 3; the bands are ours',
  async examine(subject) {
    const { tracking, task } = subject
    if (tracking.length === 0) return { reason: 'no batch normalization learns running statistics' }
    const layers = await drift(task, subject.training(), { batches: measuredBatches(subject) })
    const found = tracking.map(({ name, layer }) => {
      const { variance } = layers.get(name)!
      const gamma = Array.from(variance, (_, c) => Math.abs(Number(layer.weight?.data[c] ?? 1)))
      const middle = medianOf(gamma)
      const part = (is: (c: number) => boolean): number => gamma.filter((_, c) => is(c)).length / gamma.length
      const scale = (c: number): number => gamma[c]! * Math.sqrt(variance[c]! / (variance[c]! + layer.eps))
      return {
        name,
        dead: part((c) => gamma[c]! < 1e-3 * middle || (scale(c) < 1e-2 && variance[c]! >= 10 * layer.eps)),
        flat: part((c) => variance[c]! < 10 * layer.eps),
      }
    })
    const [deadest, dead] = greatestEntry(found.map(({ name, dead }) => [name, dead]))
    const [flattest, flat] = greatestEntry(found.map(({ name, flat }) => [name, flat]))
    const values = Object.fromEntries(
      found.flatMap(({ name, dead, flat }) => [
        [`${name} dead`, dead],
        [`${name} flat`, flat],
      ]),
    )
    const value = Math.max(dead, flat)
    if (value <= 0.1) {
      return {
        severity: 'ok',
        value,
        values,
        advice: `at most ${percent(dead)} of a layer's channels have a dead γ, and ${percent(flat)} a variance near eps`,
      }
    }
    return {
      severity: 'warning',
      value,
      values,
      advice:
        dead >= flat
          ? `${percent(dead)} of the channels of layer ${deadest} have a dead γ: leave γ out of weight decay, or lower its rate`
          : `${percent(flat)} of the channels of layer ${flattest} have a variance below ${short(10)}·eps, as those of units that never fire: eps rules them, and noise is what BN amplifies there`,
    }
  },
}
