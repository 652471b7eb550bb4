import type { Hyperparameter } from '../core/options.ts'
import type { BatchNormPolicy } from './evaluation.ts'

/** Properties of an optimizer, for diagnostics and advice, which never ask for its type; unknown if missing. */
export interface Traits {
  /** Name of the optimizer, for messages only. */
  readonly type: string
  /** Momentum: μ of SGD, β₁ of Adam. @default 0 */
  readonly momentum?: Hyperparameter
  /** Factor of the gradient (with its L2 penalty) in a step, such as 1 − dampening. @default 1 */
  readonly taken?: number
  /**
   * Whether a step is w ← w − η·v with v ← μ·v + taken·g, where g is the gradient. Then η/(1 − μ) is the
   * effective learning rate, and steps diverge where the curvature exceeds (2 + 2μ)/η.
   */
  readonly heavyBall?: boolean
  /** Whether steps divide each element of a gradient by its usual magnitude, which cancels the loss's scale. */
  readonly rescales?: boolean
  /** Whether weight decay is decoupled from the gradient, as in AdamW. */
  readonly decoupled?: boolean
  /** Whether the norm of a step is proportional to the norm of its weight. */
  readonly followsNorm?: boolean
  /** Equilibrium of scale-invariant weights under weight decay, if there is a formula. */
  readonly equilibrium?: EquilibriumRule
  /** First and last learning rate of a range test. @default those of `train.findLearningRate` */
  readonly testRates?: readonly [from: number, to: number]
  /** Whether the optimizer is designed for a constant learning rate after warmup. */
  readonly constantRate?: boolean
  /** Averaged weights that evaluation uses: the type of average, and the source of their running statistics. */
  readonly evaluation?: { readonly type: string; readonly batchNorm: BatchNormPolicy }
}

/** State of a scale-invariant weight whose decay and gradients balance, at a constant rate η and decay λ. */
export interface Equilibrium {
  /** Angle between the weight before and after a step, in radians. */
  readonly angle: number
  /** Angle per step over many steps, in radians; greater than `angle`, because momentum correlates steps. */
  readonly drift: number
  /** Number of steps in which a weight approaches the equilibrium. */
  readonly time: number
}

/** Formulas of an optimizer's equilibrium. */
export interface EquilibriumRule {
  /** Returns the equilibrium. @param product η·λ */
  at(product: number, momentum: number): Equilibrium
  /** Returns the decay λ at which `drift` has this value, in radians. */
  decayFor(drift: number, rate: number, momentum: number): number
}
