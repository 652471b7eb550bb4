import { number, type OptionsOf } from '../../core/options.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { decayed, decoupling, penalized } from '../weight-decay.ts'
import { adaptive, betas, epsilon, filledPart, memoized, momentAverages, root } from './moment.ts'

const options = {
  ...betas,
  ...epsilon,
  ...decoupling,
  /** Speed at which the momentum grows: at step t it is beta1 · (1 − ½ · 0.96^(t · momentumDecay)). @default 0.004 */
  momentumDecay: number({ min: 0 }, 0.004),
}

export interface NadamOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * Adam with Nesterov momentum, like PyTorch's `optim.NAdam`. In step t = 1, 2, …, with g, m and v as in `adam`:
 *
 *     μₜ = beta1 · (1 − ½ · 0.96^(t · momentumDecay))        Πₜ = μ₁ · … · μₜ
 *     m̂ = μₜ₊₁ · m/(1 − Πₜ₊₁) + (1 − μₜ) · g/(1 − Πₜ)
 *     w ← w − lr · m̂ / (√(v/(1 − beta2ᵗ)) + eps)
 *
 * Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ, algorithm 2.
 */
export const nadam = defineOptimizer<typeof options, NadamOptions>({
  type: 'nadam',
  options,
  elementwise: true,
  traits: ({ beta1, decoupledWeightDecay: decoupled }) => ({ ...adaptive, momentum: beta1, decoupled }),
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { eps, momentumDecay, decoupledWeightDecay } = at.options
    const mu = (step: number): number =>
      at.value('beta1', step) * (1 - 0.5 * 0.96 ** ((step + 1) * momentumDecay))
    // PyTorch keeps this product in its state as mu_product; here it is a function of the step.
    const product = memoized((before, step) => before * mu(step), 1)
    // μ of the next step, but with beta1 of this step, as in PyTorch.
    const ahead = (step: number): number =>
      at.value('beta1', step) * (1 - 0.5 * 0.96 ** ((step + 2) * momentumDecay))
    const size = (step: number): number => at.rate(step) * Math.sqrt(filledPart(at, 'beta2', step))
    const now = at.host('now', (step) => (size(step) * (1 - mu(step))) / (1 - product(step)))
    const next = at.host('next', (step) => (size(step) * ahead(step)) / (1 - product(step) * ahead(step)))

    const g = decoupledWeightDecay ? at.g : penalized(at)
    const [mean, square] = momentAverages(at, g)
    const direction = div(add(mul(g, now), mul(mean, next)), root(at, square, eps))
    return sub(decoupledWeightDecay ? decayed(at) : at.w, direction)
  },
})
