import type { Hyperparameter } from '../core/options.ts'
import type { BatchNormPolicy } from './evaluation.ts'

/**
 * What an optimizer declares about itself, for those who judge it or advise on it: nobody asks which optimizer
 * it is. What it leaves out is unknown, and nothing is concluded from it.
 */
export interface Traits {
  /** Its name, for messages alone. */
  readonly type: string
  /** Weight of the previous direction in the next one: μ of SGD, β₁ of Adam. @default 0 */
  readonly momentum?: Hyperparameter
  /** Part of each gradient, and of the decay in it, that a step takes; acts as a lower rate. @default 1 */
  readonly taken?: number
  /**
   * Whether a step is w ← w − η·v with v ← μ·v + taken·g, g the plain gradient. Then η/(1 − μ) is the rate in
   * the long run, and (2 + 2μ)/η the curvature above which steps diverge.
   */
  readonly heavyBall?: boolean
  /**
   * Whether each number of a gradient is divided by its usual size, so that the scale of the loss does not
   * matter.
   */
  readonly rescales?: boolean
  /** Whether weight decay is applied to the weight itself rather than added to the gradient. */
  readonly decoupled?: boolean
  /** Whether the step is in proportion to the norm of the weight. */
  readonly followsNorm?: boolean
  /** Equilibrium of scale-invariant weights under decay, where theory knows it. */
  readonly equilibrium?: EquilibriumRule
  /** First and last rate of a range test. @default those of `train.findLearningRate` */
  readonly testRates?: readonly [from: number, to: number]
  /** Whether it is made for a rate that stays constant after a warmup. */
  readonly constantRate?: boolean
  /** Weights that evaluation uses instead: what averages them, and where their running statistics come from. */
  readonly evaluation?: { readonly type: string; readonly batchNorm: BatchNormPolicy }
}

/**
 * State in which weight decay and gradients balance for a scale-invariant weight, at constant rate η and decay
 * λ.
 */
export interface Equilibrium {
  /** Angle by which a step turns the weight, in radians. */
  readonly angle: number
  /** Angle a step contributes in the long run, in radians: steps along the momentum add up. */
  readonly drift: number
  /** Steps to get there. */
  readonly time: number
}

/** Formulas of an equilibrium. */
export interface EquilibriumRule {
  /** @param product η·λ */
  at(product: number, momentum: number): Equilibrium
  /** λ at which weights drift by this angle a step. */
  decayFor(drift: number, rate: number, momentum: number): number
}
