import { boolean, number, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { elementMax } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update } from '../rule.ts'
import { penalized, penalty } from '../weight-decay.ts'
import { adaptive, blend, epsilon, velocity } from './moment.ts'

const options = {
  /** Decay of the moving averages of the squared gradient and, if `centered`, of the gradient. @default 0.99 */
  alpha: schedulable(number({ min: 0, below: 1 }, 0.99)),
  ...epsilon,
  ...penalty,
  /** Momentum: the factor that multiplies the previous velocity v. @default 0 */
  momentum: schedulable(number({ min: 0 }, 0)),
  /** Whether to divide by the gradient's standard deviation instead of its root mean square. @default false */
  centered: boolean(false),
}

export interface RmspropOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/** Returns √s or, with the option `centered`, √max(s − ḡ², 0); s and ḡ are moving averages of g² and g. */
function spread(at: Update<ValuesOf<typeof options>>, g: Tensor): Tensor {
  const square = blend(at, 'square_avg', 'alpha', mul(g, g))
  if (!at.options.centered) return sqrt(square)
  const mean = blend(at, 'grad_avg', 'alpha', g)
  return sqrt(elementMax(sub(square, mul(mean, mean)), 0))
}

/**
 * RMSprop, like PyTorch's `optim.RMSprop`:
 *
 *     g ← dL/dw + weightDecay · w        s ← alpha · s + (1 − alpha) · g²
 *     d ← g / (√s + eps)        (if centered, √(s − ḡ²) replaces √s: ḡ ← alpha · ḡ + (1 − alpha) · g)
 *     v ← momentum · v + d               w ← w − lr · v
 *
 * Source: Hinton 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf, slide 29;
 * centered: Graves 2013, https://arxiv.org/abs/1308.0850, equations 38 to 45.
 */
export const rmsprop = defineOptimizer<typeof options, RmspropOptions>({
  type: 'rmsprop',
  options,
  elementwise: true,
  traits: ({ momentum }) => ({ ...adaptive, momentum }),
  buffers: ({ momentum, centered }) => ({
    square_avg: 0,
    ...(momentum !== 0 && { momentum_buffer: 0 }),
    ...(centered && { grad_avg: 0 }),
  }),
  update(at) {
    const { w, lr, options } = at
    const g = penalized(at)
    const direction = div(g, add(spread(at, g), options.eps))
    if (options.momentum === 0) return sub(w, mul(direction, lr))
    return sub(w, mul(velocity(at, direction), lr))
  },
})
