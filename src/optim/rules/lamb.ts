import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { tensorNorm } from '../norm.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { decay, flag, positive, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { type Betas, filledPart, momentAverages, root } from './moment.ts'
import { trusted } from './trust.ts'

export interface LambOptions extends CommonOptions<LambOptions>, Betas {
  /** Added to the root, ≥ 0; 1e-6. */
  readonly eps?: number
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
  /** Whether the rate adapts to the weight's norm; false is AdamW, for a group of biases and BN layers. True. */
  readonly adapt?: boolean
}

/** LAMB's rule. */
export const lambRule: Rule<LambOptions> = {
  type: 'lamb',
  options: { beta1: decay, beta2: decay, eps: positive, weightDecay: rate, adapt: flag },
  defaults: { beta1: 0.9, beta2: 0.999, eps: 1e-6, weightDecay: 0, adapt: true },
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { w, lr, options, hyper } = at
    const { eps = 0, weightDecay, adapt } = options
    const [mean, square] = momentAverages(at, at.g)
    const unbias = at.host(
      'unbias',
      (step) => Math.sqrt(filledPart(at, 'beta2', step)) / filledPart(at, 'beta1', step),
    )
    const direction = div(mul(mean, unbias), root(at, square, eps))
    const step = weightDecay === 0 ? direction : add(direction, mul(w, hyper('weightDecay')))
    if (!adapt) return sub(w, mul(step, lr))
    const [size, length] = [tensorNorm(w), tensorNorm(step)]
    return sub(w, mul(step, mul(lr, trusted(size, length, div(size, length)))))
  },
}

/**
 * LAMB: AdamW whose step in each weight is as long as lr · ‖w‖; m and v as in Adam.
 *
 *     u = m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps) + weightDecay · w
 *     w ← w − lr · ‖w‖/‖u‖ · u        (‖w‖/‖u‖ taken as 1 where either is 0)
 *
 * Source: You et al. 2020, https://arxiv.org/abs/1904.00962, algorithm 2 with φ(x) = x.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const lamb = (options: LambOptions): Optimizer => optimizer(lambRule, options)
