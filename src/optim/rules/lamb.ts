import { boolean, number, type OptionsOf } from '../../core/options.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { tensorNorm, trusted } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { decay } from '../weight-decay.ts'
import { adaptive, betas, filledPart, momentAverages, root } from './moment.ts'

const options = {
  ...betas,
  /** Small number added to the divisor of a step, the gradients' root mean square. @default 1e-6 */
  eps: number({ min: 0 }, 1e-6),
  ...decay,
  /** Whether to scale AdamW's step u by ‖weight‖/‖u‖; usually not for biases and normalization. @default true */
  adapt: boolean(true),
}

export interface LambOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * LAMB: AdamW with the step of each weight tensor w scaled to the norm lr · ‖w‖. In step t = 1, 2, …, with the
 * moving averages m of the gradient and v of its square as in `adam`:
 *
 *     u = m/(1 − beta1ᵗ) / (√(v/(1 − beta2ᵗ)) + eps) + weightDecay · w
 *     w ← w − lr · ‖w‖/‖u‖ · u        (‖w‖/‖u‖ counts as 1 if either norm is 0)
 *
 * Source: You et al. 2020, https://arxiv.org/abs/1904.00962, algorithm 2 with φ(x) = x.
 */
export const lamb = defineOptimizer<typeof options, LambOptions>({
  type: 'lamb',
  options,
  traits: ({ beta1, adapt }) => ({ ...adaptive, momentum: beta1, decoupled: true, followsNorm: adapt }),
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  update(at) {
    const { w, lr, options, hyper } = at
    const { eps, weightDecay, adapt } = options
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
})
