import type { Hyperparameter } from '../core/options.ts'
import type { BatchNormPolicy } from './evaluation.ts'

/** Properties of an optimizer, used by diagnostics instead of its name; properties that are unknown are absent. */
export interface Traits {
  /** Name of the optimizer, for messages only. */
  readonly type: string
  /** Momentum, μ in the formulas here: `momentum` of SGD, `beta1` of Adam. @default 0 */
  readonly momentum?: Hyperparameter
  /** Factor by which the gradient (with L2 penalty) enters the velocity: 1 − dampening for SGD. @default 1 */
  readonly taken?: number
  /**
   * Whether a step is w ← w − η·v with v ← μ·v + taken·g, for the learning rate η and the gradient g. If so, momentum
   * raises the effective rate to η/(1 − μ), and training diverges at curvatures above (2 + 2μ)/η.
   */
  readonly heavyBall?: boolean
  /** Whether each gradient element is divided by its usual magnitude, as in Adam, which cancels the loss's scale. */
  readonly rescales?: boolean
  /** Whether weight decay is decoupled from the gradient, as in AdamW. */
  readonly decoupled?: boolean
  /** Whether the norm of a step is proportional to the norm of the weight it changes, as in LARS. */
  readonly followsNorm?: boolean
  /** Formulas of the equilibrium that scale-invariant weights reach under weight decay, if known. */
  readonly equilibrium?: EquilibriumRule
  /** Lowest and highest learning rate to try in a range test. @default those of `train.findLearningRate` */
  readonly testRates?: readonly [from: number, to: number]
  /** Whether the optimizer is designed for a constant learning rate after warmup. */
  readonly constantRate?: boolean
  /** Averaged weights used in evaluation: the type of average, and where their BN statistics come from. */
  readonly evaluation?: { readonly type: string; readonly batchNorm: BatchNormPolicy }
}

/**
 * Equilibrium of a scale-invariant weight, such as a weight before BN: weight decay and gradient steps balance,
 * so that the weight's norm is constant and each step turns the weight by a constant angle.
 */
export interface Equilibrium {
  /** Angle between the weight before and the weight after one step, in radians. */
  readonly angle: number
  /** Mean angle per step over many steps, in radians; larger than `angle` if momentum correlates steps. */
  readonly drift: number
  /** Time constant with which a weight approaches the equilibrium, in steps. */
  readonly time: number
}

/** An optimizer's formulas for the equilibrium that scale-invariant weights reach under weight decay. */
export interface EquilibriumRule {
  /** Returns the equilibrium. @param product η·λ, learning rate times weight decay */
  at(product: number, momentum: number): Equilibrium
  /** Returns the weight decay λ with which weights turn by `drift` radians per step in equilibrium. */
  decayFor(drift: number, rate: number, momentum: number): number
}
