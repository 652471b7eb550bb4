import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, required } from '../core/options.ts'
import { type FromSchedule, kind } from './kind.ts'
import { changed } from './options.ts'
import { recurrence } from './recurrence.ts'

const weightDecayFreeOptions = {
  /** Weight decay λ of the original run; the raised learning rates have the same effect without it. */
  weightDecay: required(number({ min: 0 })),
  /** Momentum μ of the SGD optimizer. */
  momentum: required(number({ min: 0, below: 1 })),
}
export interface WeightDecayFreeOptions extends OptionsOf<typeof weightDecayFreeOptions> {}

const who = 'schedule.toWeightDecayFree'

/** State of `toWeightDecayFree`'s recurrence after step t: `rate` ηₜ, `shrink` αₜ, `before` Pₜ and `scale` Pₜ₊₁. */
interface State {
  readonly rate: number
  readonly shrink: number
  readonly before: number
  readonly scale: number
}

/**
 * Learning rates that replace weight decay with the same effect, for weights followed by batch normalization.
 *
 *     α₀ = 1 − η₀λ          αₜ = 1 − ηₜλ + μ · (ηₜ / ηₜ₋₁) · (1 − 1 / αₜ₋₁)
 *     P₀ = 1                Pₜ₊₁ = αₜ · Pₜ
 *     value(t) = ηₜ / (Pₜ · Pₜ₊₁)          ηₜ = schedule(t), λ = weightDecay, μ = momentum
 *
 * For weights whose scale does not change the output of the network, SGD with these values, momentum μ and no
 * weight decay gives the same outputs at each step as SGD with learning rates ηₜ, momentum μ and weight decay
 * λ, if both start with momentum buffers of 0; its weights are 1 / Pₜ times as large. Biases, the γ and β of
 * batch normalization, and the output layer are not such weights: keep them in another parameter group. The eps
 * of batch normalization makes the equality approximate.
 *
 * If η is constant, the values grow exponentially: with η = 0.1, λ = 5e-4 and μ = 0.9, by a factor of 1.48123
 * every 391 steps, beyond the largest float64 after about 700,000 steps. A first call at step n computes n
 * steps of the recurrence; later calls at nearby steps, only a few.
 *
 * @throws {ArgumentError} when called at a step up to which some η or α is not above 0
 * Source: Li & Arora 2019, https://arxiv.org/abs/1910.07454, theorem 1, for any schedule and a zero buffer.
 */
export const toWeightDecayFree: FromSchedule<WeightDecayFreeOptions> = kind('toWeightDecayFree', {
  fields: { ...changed, ...weightDecayFreeOptions },
  curve({ schedule, weightDecay, momentum }) {
    const first: State = { rate: 1, shrink: 1, before: 1, scale: 1 }
    const state = recurrence(first, ({ rate: rateBefore, shrink, scale }: State, step): State => {
      const rate = schedule(step)
      const drift = momentum * (rate / rateBefore) * (1 - 1 / shrink)
      const next = 1 - rate * weightDecay + drift
      if (!(rate > 0))
        throw mismatch(who, `a schedule > 0 at step ${step}`, rate, 'end it above 0, as with etaMin')
      if (!(next > 0))
        throw mismatch(who, `α > 0 at step ${step}`, next, 'lower the schedule or the weight decay')
      return { rate, shrink: next, before: scale, scale: next * scale }
    })
    return (step) => {
      const { rate, before, scale } = state(Math.floor(step) + 1)
      return rate / (before * scale)
    }
  },
})
