import type { OptionsOf } from '../../core/options.ts'
import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { decayed, decoupling, penalized } from '../weight-decay.ts'
import { adaptive, betas, epsilon, filledPart, momentAverages } from './moment.ts'

const options = {
  ...betas,
  ...epsilon,
  ...decoupling,
}

export interface RadamOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * Returns the factor r by which RAdam scales a step (counted from 0); 0 for early steps, which do not divide by √v.
 */
function rectification(beta2: number, step: number): number {
  const t = step + 1
  const end = 2 / (1 - beta2) - 1
  const length = end - (2 * t * beta2 ** t) / (1 - beta2 ** t)
  return length > 5 ? Math.sqrt(((length - 4) * (length - 2) * end) / ((end - 4) * (end - 2) * length)) : 0
}

/**
 * Rectified Adam, like PyTorch's `optim.RAdam`; m and v as in `adam`. In step t = 1, 2, …, while ρₜ ≤ 5, the
 * divisor √v is left out: w ← w − lr · m/(1 − beta1ᵗ). Later, Adam's step is multiplied by r:
 *
 *     ρ∞ = 2/(1 − beta2) − 1        ρₜ = ρ∞ − 2t · beta2ᵗ/(1 − beta2ᵗ)
 *     r = √((ρₜ − 4)(ρₜ − 2) · ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) · ρₜ))
 *     w ← w − lr · m/(1 − beta1ᵗ) · r · √(1 − beta2ᵗ) / (√v + eps)
 *
 * Source: Liu et al. 2020, https://arxiv.org/abs/1908.03265, algorithm 2.
 */
export const radam = defineOptimizer<typeof options, RadamOptions>({
  type: 'radam',
  options,
  elementwise: true,
  traits: ({ beta1, decoupledWeightDecay: decoupled }) => ({ ...adaptive, momentum: beta1, decoupled }),
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { eps, decoupledWeightDecay } = at.options
    const factor = (step: number): number => rectification(at.value('beta2', step), step)
    const bias = (step: number): number => Math.sqrt(filledPart(at, 'beta2', step))
    const size = at.host('size', (step) => at.rate(step) / filledPart(at, 'beta1', step))
    // Divides by (√v + eps)/(r · √(1 − beta2ᵗ)) if r > 0, else by 1.
    const slope = at.host('slope', (step) => (factor(step) > 0 ? 1 / (factor(step) * bias(step)) : 0))
    const offset = at.host('offset', (step) => (factor(step) > 0 ? eps / (factor(step) * bias(step)) : 1))

    const [mean, square] = momentAverages(at, decoupledWeightDecay ? at.g : penalized(at))
    const divisor = add(mul(sqrt(square), slope), offset)
    return sub(decoupledWeightDecay ? decayed(at) : at.w, div(mul(mean, size), divisor))
  },
})
