import { type Hyperparameter, hyperparameterAt } from './hyperparameter.ts'
import type { Optimizer } from './optimizer.ts'

/** What an optimizer does to one weight, as far as the theory of scale-invariant weights knows it. */
export interface WeightRule {
  /** The optimizer's, such as `sgd`. */
  readonly type: string
  /** The learning rate of each step that was taken. */
  readonly rates: Float64Array
  /** μ of `sgd`, β₁ of `adamw`, in a step. */
  momentum(step: number): number
  /** λ in a step. */
  weightDecay(step: number): number
}

/**
 * @param options of the weight, complete
 * @param factors what multiplies the schedule of the rate, in each step
 */
export function weightRule(
  { spec }: Optimizer,
  options: Readonly<Record<string, unknown>>,
  factors: Float64Array,
): WeightRule {
  const at = (name: string, step: number): number =>
    hyperparameterAt((options[name] ?? 0) as Hyperparameter, step)
  const { lrScale = 1, peakLr, dampening = 0 } = options as Partial<Record<string, number>>
  const scheduled = factors.map((factor, step) => at('lr', step) * factor)
  return {
    type: String(spec.type),
    // What the gradient, and the decay in it, is damped by is as good as a lower rate.
    rates: scheduled.map((rate) => rate * lrScale * (1 - dampening)),
    momentum: (step) => at('momentum' in options ? 'momentum' : 'beta1', step),
    weightDecay: (step) =>
      at('weightDecay', step) * (peakLr === undefined ? 1 : (scheduled[step] ?? 0) / peakLr),
  }
}

/** Where a scale-invariant weight comes to rest, at a constant rate η and decay λ. */
export interface Equilibrium {
  /** How far a step turns it, in radians. */
  readonly angle: number
  /** How far a step turns it in the long run: steps along the momentum add up. */
  readonly drift: number
  /** How many steps it takes to get there. */
  readonly time: number
}

/**
 * The equilibrium of a scale-invariant weight.
 *
 *              angle                       drift                time
 *     sgd      √(2ηλ/(1 + μ))              √(2ηλ/(1 − μ))       (1 − μ)/(4ηλ)
 *     adamw    √(2ηλ(1 − β₁)/(1 + β₁))     √(2ηλ)               1/(2ηλ)
 *
 * Source: Wan et al. 2020, https://arxiv.org/abs/2006.08419; Kosson et al. 2024, https://arxiv.org/abs/2305.17212.
 *
 * @returns nothing where there is none: without decay, at a rate of 0, or for another optimizer
 */
export function equilibrium({ type, rates, ...rule }: WeightRule, step: number): Equilibrium | undefined {
  const [mu, product] = [rule.momentum(step), rates[step]! * rule.weightDecay(step)]
  if (!(product > 0)) return undefined
  if (type === 'sgd') {
    return {
      angle: Math.sqrt((2 * product) / (1 + mu)),
      drift: Math.sqrt((2 * product) / (1 - mu)),
      time: (1 - mu) / (4 * product),
    }
  }
  if (type !== 'adamw') return undefined
  return {
    angle: Math.sqrt((2 * product * (1 - mu)) / (1 + mu)),
    drift: Math.sqrt(2 * product),
    time: 1 / (2 * product),
  }
}
