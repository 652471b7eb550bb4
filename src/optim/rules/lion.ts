import { number, type OptionsOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { add, mul, neg, sub } from '../../ops/arithmetic.ts'
import { greater, less, where } from '../../ops/compare.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import { decay, decayed } from '../weight-decay.ts'
import { adaptive, blend } from './moment.ts'

const options = {
  /** Weight of m, the moving average of gradients g, in a step: sign(beta1 · m + (1 − beta1) · g). @default 0.9 */
  beta1: schedulable(number({ min: 0, below: 1 }, 0.9)),
  /** Decay of m, the moving average of gradients g: m ← beta2 · m + (1 − beta2) · g. @default 0.99 */
  beta2: schedulable(number({ min: 0, below: 1 }, 0.99)),
  ...decay,
}

export interface LionOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/** Returns `size · sign(x)`, without ONNX's operator Sign, which has no WebGPU kernel. */
const signed = (x: Tensor, size: Tensor): Tensor =>
  where(greater(x, 0), size, where(less(x, 0), neg(size), 0))

/**
 * Lion: each step moves every element of a weight by ±lr, against the sign of a mean of the gradients g = dL/dw:
 *
 *     w ← w − lr · (sign(beta1 · m + (1 − beta1) · g) + weightDecay · w)
 *     m ← beta2 · m + (1 − beta2) · g
 *
 * Use a learning rate 3 to 10 times lower than for AdamW, and a weight decay higher by the same factor.
 *
 * Source: Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2.
 */
export const lion = defineOptimizer<typeof options, LionOptions>({
  type: 'lion',
  options,
  elementwise: true,
  traits: ({ beta1 }) => ({ ...adaptive, momentum: beta1, decoupled: true }),
  buffers: () => ({ exp_avg: 0 }),
  update(at) {
    const direction = add(mul(at.buffer('exp_avg').value, at.hyper('beta1')), mul(at.g, at.rest('beta1')))
    blend(at, 'exp_avg', 'beta2', at.g)
    return sub(decayed(at), signed(direction, at.lr))
  },
})
