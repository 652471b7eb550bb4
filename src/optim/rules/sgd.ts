import { ArgumentError } from '../../core/errors.ts'
import { boolean, number, type OptionsOf } from '../../core/options.ts'
import { add, mul, sub } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { EquilibriumRule } from '../traits.ts'
import { penalized, penalty } from '../weight-decay.ts'
import { velocity } from './moment.ts'

const options = {
  /** Momentum: the factor that multiplies the previous velocity v. @default 0 */
  momentum: schedulable(number({ min: 0 }, 0)),
  /** Fraction of the gradient not added to the velocity v, in all steps but the first. @default 0 */
  dampening: number({}, 0),
  ...penalty,
  /** Whether to use Nesterov momentum, which requires `momentum` above 0 and no `dampening`. @default false */
  nesterov: boolean(false),
}

export interface SgdOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

const equilibrium: EquilibriumRule = {
  at: (product, momentum) => ({
    angle: Math.sqrt((2 * product) / (1 + momentum)),
    drift: Math.sqrt((2 * product) / (1 - momentum)),
    time: (1 - momentum) / (4 * product),
  }),
  decayFor: (drift, rate, momentum) => (drift ** 2 * (1 - momentum)) / (2 * rate),
}

/**
 * Stochastic gradient descent, like PyTorch's `optim.SGD`:
 *
 *     g ← dL/dw + weightDecay · w
 *     v ← momentum · v + (1 − dampening) · g        (v ← g at the first step)
 *     w ← w − lr · v                                 (nesterov: w ← w − lr · (g + momentum · v))
 *
 * Source: Sutskever et al. 2013, http://proceedings.mlr.press/v28/sutskever13.html, in PyTorch's form: the rate
 * multiplies the velocity rather than the gradient.
 */
export const sgd = defineOptimizer<typeof options, SgdOptions>({
  type: 'sgd',
  options,
  elementwise: 'vectors',
  traits: ({ momentum, dampening }) => {
    return { momentum, taken: 1 - dampening, heavyBall: true, equilibrium, testRates: [1e-4, 10] }
  },
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
    const { options, w, lr, lrG, hyper, host } = at
    const { momentum, dampening, weightDecay, nesterov } = options
    if (momentum === 0) {
      return sub(weightDecay === 0 ? w : mul(w, sub(1, mul(lr, hyper('weightDecay')))), lrG)
    }
    const slope = penalized(at)
    const taken = (step: number): number => (step === 0 ? 1 : 1 - dampening)
    const v = velocity(at, dampening === 0 ? slope : mul(slope, host('taken', taken)))
    return sub(w, mul(nesterov ? add(slope, mul(v, hyper('momentum'))) : v, lr))
  },
})
