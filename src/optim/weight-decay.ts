import type { Tensor } from '../core/tensor.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { Hyperparameter } from './hyperparameter.ts'
import type { Update } from './rule.ts'

/** What a rule with weight decay has. */
export interface Decaying {
  readonly weightDecay?: Hyperparameter
}

/** The gradient with that of an L2 penalty: g + weightDecay · w. */
export const penalized = ({ options, w, g, hyper }: Update<Decaying>): Tensor =>
  options.weightDecay === 0 ? g : add(g, mul(w, hyper('weightDecay')))

/** The weight after decay apart from the gradient: w · (1 − lr · weightDecay). */
export const decayed = ({ options, w, host, rate, value }: Update<Decaying>): Tensor =>
  options.weightDecay === 0
    ? w
    : mul(
        w,
        host('kept', (step) => 1 - rate(step) * value('weightDecay', step)),
      )
