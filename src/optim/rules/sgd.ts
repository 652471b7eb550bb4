import { ArgumentError } from '../../core/errors.ts'
import { add, mul, sub } from '../../ops/arithmetic.ts'
import type { Hyperparameter } from '../hyperparameter.ts'
import { type CommonOptions, type Optimizer, optimizer } from '../optimizer.ts'
import { flag, number, rate } from '../options.ts'
import type { Rule } from '../rule.ts'
import { penalized } from '../weight-decay.ts'

export interface SgdOptions extends CommonOptions<SgdOptions> {
  /** The weight of the old velocity, ≥ 0; 0. */
  readonly momentum?: Hyperparameter
  /** How much of the gradient the velocity does not take, from its second step on; 0. */
  readonly dampening?: number
  /** L2 penalty, ≥ 0: `weightDecay · w` is added to the gradient; 0. */
  readonly weightDecay?: Hyperparameter
  /** Whether to look ahead along the velocity; needs momentum, and no dampening. */
  readonly nesterov?: boolean
}

/** SGD's rule, as PyTorch has it. */
export const sgdRule: Rule<SgdOptions> = {
  type: 'sgd',
  options: { momentum: rate, dampening: number, weightDecay: rate, nesterov: flag },
  defaults: { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false },
  check({ momentum, dampening, nesterov }) {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `sgd: wanted momentum above 0 and no dampening with nesterov, got momentum ${momentum} and dampening ${dampening}`,
      )
    }
  },
  buffers: ({ momentum }) => (momentum === 0 ? {} : { momentum_buffer: 0 }),
  linear: ({ momentum }) => momentum === 0,
  update(at) {
    const { options, w, lr, lrG, hyper, host, buffer } = at
    const { momentum, dampening = 0, weightDecay, nesterov } = options
    if (momentum === 0) {
      return sub(weightDecay === 0 ? w : mul(w, sub(1, mul(lr, hyper('weightDecay')))), lrG)
    }
    const slope = penalized(at)
    const taken =
      dampening === 0
        ? slope
        : mul(
            slope,
            host('taken', (step) => (step === 0 ? 1 : 1 - dampening)),
          )
    const velocity = buffer('momentum_buffer')
    const v = add(mul(velocity.value, hyper('momentum')), taken)
    velocity.assign(v)
    return sub(w, mul(nesterov ? add(slope, mul(v, hyper('momentum'))) : v, lr))
  },
}

/**
 * Stochastic gradient descent, as PyTorch's `optim.SGD`:
 *
 *     g ← dL/dw + weightDecay · w
 *     v ← momentum · v + (1 − dampening) · g        (v ← g at the first step)
 *     w ← w − lr · v                                 (nesterov: w − lr · (g + momentum · v))
 *
 * Source: Sutskever et al. 2013, http://proceedings.mlr.press/v28/sutskever13.html, in PyTorch's form, in which
 * the rate multiplies the velocity and is not part of it.
 *
 * @throws {ArgumentError} when an option is unknown or out of range, or Nesterov has no momentum or a dampening.
 */
export const sgd = (options: SgdOptions): Optimizer => optimizer(sgdRule, options)
