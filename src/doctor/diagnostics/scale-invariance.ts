import { counted, figure, percent } from '../../core/text.ts'
import { type Diagnostic, greatestEntry } from '../diagnosis.ts'

/** Diagnostic D1: whether the loss is independent of the scale of the weights before BN, as it should be. */
export const scaleInvariance: Diagnostic = {
  id: 'D1',
  title: 'scale invariance of the weights before BN',
  quantity: 'largest |⟨w, g⟩|/(‖w‖·‖g‖) of a row w of a weight before BN; w includes a bias scaled with it',
  threshold: 'note if a row exceeds 0.1/√dim',
  remedy: 'none: eps dominates these channels (σ² ≲ 10·eps), so D2 to D4 hold less for them',
  source:
    'Arora, Li & Lyu 2018, https://arxiv.org/abs/1812.03981; detector of Heo et al. 2021, https://arxiv.org/abs/2006.08217',
  async examine(subject) {
    const fed = await subject.fedMatrices()
    if (fed.length === 0) return { reason: 'no weight feeds a batch normalization directly' }
    const cosines = fed.map(({ name, greatestCosine }) => [name, greatestCosine] as const)
    const [name, value] = greatestEntry(cosines)
    const [worst, variant] = greatestEntry(fed.map(({ name, variant }) => [name, variant]))
    const severity = variant > 0 ? 'note' : 'ok'
    const advice =
      variant > 0
        ? `${percent(variant)} of the rows of ${worst} are not scale-invariant though BN follows (|cos| up to ${figure(value)}): eps dominates those channels`
        : `gradients are orthogonal to the rows of the ${counted(fed.length, 'weight')} before BN: |cos| is at most ${figure(value)}, in ${name}`
    return { severity, value, values: Object.fromEntries(cosines), advice }
  },
}
