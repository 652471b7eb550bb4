import { boolean, type Hyperparameter, number } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { schedulable } from '../schedule/schedulable.ts'
import type { Update } from './rule.ts'

/** Options of optimizers whose weight decay is an L2 penalty. */
export const penalty = {
  /** Weight decay, as an L2 penalty: `weightDecay · w` is added to the gradient. @default 0 */
  weightDecay: schedulable(number({ min: 0 }, 0)),
}

/** Options of optimizers whose weight decay can be an L2 penalty or decoupled from the gradient. */
export const decoupling = {
  ...penalty,
  /** Whether weight decay is decoupled from the gradient, as in AdamW, instead of an L2 penalty. @default false */
  decoupledWeightDecay: boolean(false),
}

/** Options of optimizers whose weight decay is decoupled from the gradient. */
export const decay = {
  /** Weight decay, decoupled from the gradient: each step subtracts lr · weightDecay · w. @default 0 */
  weightDecay: schedulable(number({ min: 0 }, 0)),
}

interface Decaying {
  readonly weightDecay: Hyperparameter
}

/** Returns the gradient plus the gradient of the L2 penalty, if there is one: g + weightDecay · w. */
export const penalized = ({ options, w, g, hyper }: Update<Decaying>): Tensor =>
  options.weightDecay === 0 ? g : add(g, mul(w, hyper('weightDecay')))

/** Returns the weight after decoupled weight decay, if there is any: w · (1 − lr · weightDecay). */
export function decayed({ options, w, host, rate, value }: Update<Decaying>): Tensor {
  if (options.weightDecay === 0) return w
  const kept = host('kept', (step) => 1 - rate(step) * value('weightDecay', step))
  return mul(w, kept)
}
