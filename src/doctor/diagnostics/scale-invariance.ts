import { type Diagnostic, greatestEntry, percent, short } from '../diagnosis.ts'

/** D1: deviation of the weights before batch normalization from scale invariance. */
export const scaleInvariance: Diagnostic = {
  id: 'D1',
  title: 'scale invariance of the weights before BN',
  quantity:
    'greatest |⟨w, g⟩|/(‖w‖·‖g‖) of a row w of a weight that feeds BN, with the bias that shares its scale',
  threshold: 'below 0.1/√dim; note above in any row, warning above in a tenth of the rows',
  remedy: 'where eps dominates a channel (σ² ≲ 10·eps), give its weights a larger scale, or BN a smaller eps',
  source:
    'Arora, Li & Lyu 2018, https://arxiv.org/abs/1812.03981; detector of Heo et al. 2021, https://arxiv.org/abs/2006.08217',
  async examine(subject) {
    const fed = await subject.fedMatrices()
    if (fed.length === 0) return { reason: 'no weight feeds a batch normalization directly' }
    const [name, value] = greatestEntry(fed.map(({ name, cosines }) => [name, cosines.greatest]))
    const [worst, variant] = greatestEntry(fed.map(({ name, variant }) => [name, variant]))
    const severity = variant > 0.1 ? 'warning' : variant > 0 ? 'note' : 'ok'
    const advice =
      variant > 0
        ? `${percent(variant)} of the rows of ${worst} are not scale-invariant though BN follows (cos up to ${short(value)}): eps dominates those channels; use larger weights or a smaller eps`
        : `no row of the ${fed.length} weights before BN has a gradient along itself: cos at most ${short(value)}, in ${name}`
    return {
      severity,
      value,
      values: Object.fromEntries(fed.map(({ name, cosines }) => [name, cosines.greatest])),
      advice,
    }
  },
}
