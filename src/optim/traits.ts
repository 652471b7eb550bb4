import type { Hyperparameter } from '../core/options.ts'
import type { BatchNormPolicy } from './evaluation.ts'

/** Properties of an optimizer, which diagnostics and advice use instead of its type; absent if unknown. */
export interface Traits {
  /** Name of the optimizer, for messages only. */
  readonly type: string
  /** Momentum, μ in the formulas here: `momentum` of SGD, `beta1` of Adam. @default 0 */
  readonly momentum?: Hyperparameter
  /** Factor that multiplies the gradient, L2 penalty included, in a step: 1 − dampening in SGD. @default 1 */
  readonly taken?: number
  /**
   * Whether a step is w ← w − η·v with v ← μ·v + taken·g, for the learning rate η and the gradient g. If so,
   * momentum raises the rate to η/(1 − μ) in effect, and training diverges at curvatures above (2 + 2μ)/η.
   */
  readonly heavyBall?: boolean
  /** Whether each gradient element is divided by its usual magnitude, as in Adam: the loss's scale cancels. */
  readonly rescales?: boolean
  /** Whether weight decay is decoupled from the gradient, as in AdamW. */
  readonly decoupled?: boolean
  /** Whether the norm of a step is proportional to the norm of the weight it changes, as in LARS. */
  readonly followsNorm?: boolean
  /** Formulas of the equilibrium that scale-invariant weights reach under weight decay, if known. */
  readonly equilibrium?: EquilibriumRule
  /** First and last learning rate to try in a range test. @default those of `train.findLearningRate` */
  readonly testRates?: readonly [from: number, to: number]
  /** Whether the optimizer is designed for a constant learning rate after warmup. */
  readonly constantRate?: boolean
  /** Averaged weights that evaluation uses: type of average, and source of BN's running statistics for them. */
  readonly evaluation?: { readonly type: string; readonly batchNorm: BatchNormPolicy }
}

/**
 * Equilibrium of a scale-invariant weight, such as a weight before BN: weight decay and gradient steps balance,
 * so that the weight's norm is constant and each step turns the weight by a constant angle.
 */
export interface Equilibrium {
  /** Angle between the weight before and the weight after one step, in radians. */
  readonly angle: number
  /** Angle per step over many steps, in radians; above `angle`, since momentum correlates successive steps. */
  readonly drift: number
  /** Number of steps that a weight takes to approach the equilibrium (time constant). */
  readonly time: number
}

/** Formulas of an optimizer for the equilibrium of scale-invariant weights under weight decay. */
export interface EquilibriumRule {
  /** Returns the equilibrium. @param product η·λ, learning rate times weight decay */
  at(product: number, momentum: number): Equilibrium
  /** Returns the weight decay λ at which the equilibrium has this drift, in radians per step. */
  decayFor(drift: number, rate: number, momentum: number): number
}
