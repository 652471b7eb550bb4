import { type Hyperparameter, number, scheduled } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { Update } from './rule.ts'

/** The options of a rule that penalizes weights. */
export const penalty = {
  /** L2 penalty: `weightDecay · w` is added to the gradient. @default 0 */
  weightDecay: scheduled(number({ min: 0 }, 0)),
}

/** The options of a rule that decays weights directly. */
export const decay = {
  /** Weight decay apart from the gradient. @default 0 */
  weightDecay: scheduled(number({ min: 0 }, 0)),
}

interface Decaying {
  readonly weightDecay: Hyperparameter
}

/** The gradient plus that of an L2 penalty: g + weightDecay · w. */
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
