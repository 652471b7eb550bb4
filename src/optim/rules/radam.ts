import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { decay, flag, positive, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { decayed, penalized } from '../weight-decay.ts'
import { type Betas, filledPart, momentAverages } from './moment.ts'

export interface RadamOptions extends CommonOptions<RadamOptions>, Betas {
  /** Added to the root, ≥ 0; 1e-8. */
  readonly eps?: number
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
  /** Whether weight decay is apart from the gradient, as in AdamW; false. */
  readonly decoupledWeightDecay?: boolean
}

/** RAdam's rule, as PyTorch has it. */
export const radamRule: Rule<RadamOptions> = {
  type: 'radam',
  options: { beta1: decay, beta2: decay, eps: positive, weightDecay: rate, decoupledWeightDecay: flag },
  defaults: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false },
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { eps = 0, decoupledWeightDecay } = at.options
    const factor = (step: number): number => rectification(at.value('beta2', step), step)
    const bias = (step: number): number => Math.sqrt(filledPart(at, 'beta2', step))
    const size = at.host('size', (step) => at.rate(step) / filledPart(at, 'beta1', step))
    // Divides by (√v + eps)/(r · √(1 − beta2ᵗ)) where there is an r, and by 1 where there is none.
    const slope = at.host('slope', (step) => (factor(step) > 0 ? 1 / (factor(step) * bias(step)) : 0))
    const offset = at.host('offset', (step) => (factor(step) > 0 ? eps / (factor(step) * bias(step)) : 1))

    const [mean, square] = momentAverages(at, decoupledWeightDecay ? at.g : penalized(at))
    const divisor = add(mul(sqrt(square), slope), offset)
    return sub(decoupledWeightDecay ? decayed(at) : at.w, div(mul(mean, size), divisor))
  },
}

/** r: how far the variance of the step's size has come to its end; 0 while it cannot be told. */
function rectification(beta2: number, step: number): number {
  const t = step + 1
  const end = 2 / (1 - beta2) - 1
  const length = end - (2 * t * beta2 ** t) / (1 - beta2 ** t)
  return length > 5 ? Math.sqrt(((length - 4) * (length - 2) * end) / ((end - 4) * (end - 2) * length)) : 0
}

/**
 * Rectified Adam, as PyTorch's `optim.RAdam`: Adam's step times r while the variance of its size can be told, and
 * `w ← w − lr · m/(1 − beta1ᵗ)` before that.
 *
 *     ρ∞ = 2/(1 − beta2) − 1        ρₜ = ρ∞ − 2t · beta2ᵗ/(1 − beta2ᵗ)
 *     r = √((ρₜ − 4)(ρₜ − 2) · ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) · ρₜ))        while ρₜ > 5
 *     w ← w − lr · m/(1 − beta1ᵗ) · r · √(1 − beta2ᵗ) / (√v + eps)
 *
 * Source: Liu et al. 2020, https://arxiv.org/abs/1908.03265, algorithm 2.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const radam = (options: RadamOptions): Optimizer => optimizer(radamRule, options)
