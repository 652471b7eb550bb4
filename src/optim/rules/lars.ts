import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { tensorNorm } from '../norm.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { above, flag, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { penalized } from '../weight-decay.ts'
import { trusted } from './trust.ts'

export interface LarsOptions extends CommonOptions<LarsOptions> {
  /** The weight of the old velocity, ≥ 0; 0.9. */
  readonly momentum?: Hyperparameter
  /** ≥ 0; 0. */
  readonly weightDecay?: Hyperparameter
  /** How far one step may go beside the norm of the weights, > 0; 0.001. */
  readonly trustCoefficient?: number
  /** Whether the rate adapts to the weight's norm; false is SGD, for a group of biases and BN layers. True. */
  readonly adapt?: boolean
}

/** LARS's rule. */
export const larsRule: Rule<LarsOptions> = {
  type: 'lars',
  options: { momentum: rate, weightDecay: rate, trustCoefficient: above, adapt: flag },
  defaults: { momentum: 0.9, weightDecay: 0, trustCoefficient: 0.001, adapt: true },
  buffers: () => ({ momentum_buffer: 0 }),
  update(at) {
    const { w, g, lr, options, hyper } = at
    const { trustCoefficient = 1, weightDecay, adapt } = options
    const size = tensorNorm(w)
    const slope = weightDecay === 0 ? tensorNorm(g) : add(tensorNorm(g), mul(size, hyper('weightDecay')))
    const trust = adapt ? trusted(size, slope, div(mul(size, trustCoefficient), slope)) : undefined
    const velocity = at.buffer('momentum_buffer')
    const step = mul(penalized(at), trust ? mul(lr, trust) : lr)
    const v = add(mul(velocity.value, hyper('momentum')), step)
    velocity.assign(v)
    return sub(w, v)
  },
}

/**
 * Layer-wise adaptive rate scaling: SGD whose rate in each weight is in proportion to ‖w‖/‖g‖.
 *
 *     λ = trustCoefficient · ‖w‖ / (‖g‖ + weightDecay · ‖w‖)        (1 where either norm is 0)
 *     v ← momentum · v + lr · λ · (g + weightDecay · w)
 *     w ← w − v
 *
 * As in the paper, and unlike in `sgd`, the rate is part of the velocity. Biases and BN layers are usually left out:
 * `groups: [{ maxRank: 1, adapt: false, weightDecay: 0 }]`.
 *
 * Source: You, Gitman & Ginsburg 2017, https://arxiv.org/abs/1708.03888, algorithm 1.
 *
 * @throws {ArgumentError} when an option is unknown or out of range.
 */
export const lars = (options: LarsOptions): Optimizer => optimizer(larsRule, options)
