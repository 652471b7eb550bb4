import { boolean, number, type OptionsOf } from '../../core/options.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { tensorNorm, trusted } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { penalized, penalty } from '../weight-decay.ts'
import { velocity } from './moment.ts'

const options = {
  /** Momentum: the factor that multiplies the previous velocity v. @default 0.9 */
  momentum: schedulable(number({ min: 0 }, 0.9)),
  ...penalty,
  /** Ratio of a step's norm to the weight's norm, before multiplying by lr and adding momentum. @default 0.001 */
  trustCoefficient: number({ above: 0 }, 0.001),
  /** Whether to scale lr by λ ∝ ‖weight‖/‖gradient‖; usually not for biases and normalization. @default true */
  adapt: boolean(true),
}

export interface LarsOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/**
 * LARS, layer-wise adaptive rate scaling: SGD whose rate for each weight tensor is proportional to ‖w‖/‖g‖.
 *
 *     λ = trustCoefficient · ‖w‖ / (‖g‖ + weightDecay · ‖w‖)        (1 if either norm is 0)
 *     v ← momentum · v + lr · λ · (g + weightDecay · w)
 *     w ← w − v
 *
 * Here g = dL/dw. As in the paper, and unlike in `sgd`, v contains gradients already multiplied by lr. Biases and
 * normalization layers are usually exempt from λ: `groups: [{ maxRank: 1, adapt: false, weightDecay: 0 }]`.
 *
 * Source: You, Gitman & Ginsburg 2017, https://arxiv.org/abs/1708.03888, algorithm 1.
 */
export const lars = defineOptimizer<typeof options, LarsOptions>({
  type: 'lars',
  options,
  traits: ({ momentum, adapt }) => ({ momentum, followsNorm: adapt, testRates: [1e-4, 10] }),
  buffers: () => ({ momentum_buffer: 0 }),
  update(at) {
    const { w, g, lr, options, hyper } = at
    const { trustCoefficient, weightDecay, adapt } = options
    const size = tensorNorm(w)
    const slope = weightDecay === 0 ? tensorNorm(g) : add(tensorNorm(g), mul(size, hyper('weightDecay')))
    const trust = adapt ? trusted(size, slope, div(mul(size, trustCoefficient), slope)) : undefined
    return sub(w, velocity(at, mul(penalized(at), trust ? mul(lr, trust) : lr)))
  },
})
