import { checkFields } from '../core/mismatch.ts'
import type { Hyperparameter } from '../core/options.ts'
import { hyperparameterAt } from '../core/variable.ts'
import type { Optimizer } from './optimizer.ts'
import type { Equilibrium, Traits } from './traits.ts'

/** Rule by which an optimizer updates one weight: its rate, momentum and decay at each step of a run. */
export interface WeightRule {
  /** Properties of the optimizer, given the options of this weight. */
  readonly traits: Traits
  /** Learning rate of the weight at each step: lr · lrScale · factor set by controllers · `taken` (see `Traits`). */
  readonly rates: Float64Array
  /** Returns the momentum at a step, counted from 0. */
  momentum(step: number): number
  /** Returns the weight decay at a step, counted from 0. */
  weightDecay(step: number): number
}

/**
 * Returns the rule by which an optimizer updates a weight over the steps of a run.
 *
 * @param options all options of the weight, with defaults
 * @param factors for each step, the factor by which controllers such as `reduceOnPlateau` scaled the rate
 */
export function weightRule(
  optimizer: Optimizer,
  options: Readonly<Record<string, unknown>>,
  factors: Float64Array,
): WeightRule {
  const traits = optimizer.traits(options)
  const { lr = 0, weightDecay = 0 } = options as Partial<Record<string, Hyperparameter>>
  const numbers = options as Partial<Record<string, number>>
  const { lrScale = 1, peakLr, from = 0, until = Number.POSITIVE_INFINITY } = numbers
  const { momentum = 0, taken = 1 } = traits
  const scheduled = factors.map((factor, step) => hyperparameterAt(lr, step) * factor)
  return {
    traits,
    rates: scheduled.map((rate, step) => (step < from || step >= until ? 0 : rate * lrScale * taken)),
    momentum: (step) => hyperparameterAt(momentum, step),
    weightDecay: (step) =>
      hyperparameterAt(weightDecay, step) * (peakLr === undefined ? 1 : (scheduled[step] ?? 0) / peakLr),
  }
}

/**
 * Returns the equilibrium of a scale-invariant weight, such as a weight before BN, under weight decay: the `angle` in
 * radians by which one step turns the weight, the mean angle per step over many steps (`drift`), and the time constant
 * in steps (`time`) with which the weight approaches the equilibrium. With the learning rate η, weight decay λ and
 * momentum μ (β₁ for AdamW) of the given step:
 *
 *              angle                       drift                time
 *     sgd      √(2ηλ/(1 + μ))              √(2ηλ/(1 − μ))       (1 − μ)/(4ηλ)
 *     adamw    √(2ηλ(1 − β₁)/(1 + β₁))     √(2ηλ)               1/(2ηλ)
 *
 * Source: Wan et al. 2020, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212.
 *
 * @returns undefined if the decay or the rate is 0, or no formula is known for the optimizer
 */
export function equilibrium(given: WeightRule, step: number): Equilibrium | undefined {
  checkFields('equilibrium', 'the rule of a weight, as Subject.rule returns it', given, 'traits', 'rates')
  const { traits, rates, ...rule } = given
  const product = rates[step]! * rule.weightDecay(step)
  return product > 0 ? traits.equilibrium?.at(product, rule.momentum(step)) : undefined
}
