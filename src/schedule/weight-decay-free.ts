import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, kind } from './kind.ts'
import { inner } from './options.ts'
import { recurrence } from './recurrence.ts'
import type { Schedule } from './schedule.ts'

const weightDecayFreeOptions = {
  /** Weight decay λ to replace. */
  weightDecay: required(number({ min: 0 })),
  /** Momentum μ of the optimizer. */
  momentum: required(number({ min: 0, below: 1 })),
}

export interface WeightDecayFreeOptions extends OptionsOf<typeof weightDecayFreeOptions> {}

/** State of the recurrence after a step: `rate` is ηₜ, `shrink` αₜ, `before` Pₜ and `scale` Pₜ₊₁. */
interface State {
  readonly rate: number
  readonly shrink: number
  readonly before: number
  readonly scale: number
}

/**
 * Learning rates that replace weight decay for weights followed by batch normalization.
 *
 *     α₀ = 1 − η₀λ          αₜ = 1 − ηₜλ + μ · (ηₜ / ηₜ₋₁) · (1 − 1 / αₜ₋₁)
 *     P₀ = 1                Pₜ₊₁ = αₜ · Pₜ
 *     value(t) = ηₜ / (Pₜ · Pₜ₊₁)
 *
 * For weights whose scale does not change the output of the network, SGD with these rates, momentum μ and a zero
 * momentum buffer computes the same functions at each step as SGD with the rates η, momentum μ and weight decay λ;
 * its weights are larger by 1 / Pₜ. Biases, γ, β and the output layer have a scale that matters: keep them in
 * another parameter group. The eps of batch normalization makes the equality approximate.
 *
 * At a constant rate the values grow exponentially: for η = 0.1, λ = 5e-4 and μ = 0.9 by 1.48123 every 391 steps,
 * past the largest float64 after some 700,000. The first call at step n costs n steps of the recurrence, later
 * calls for nearby steps few.
 *
 * @throws {ArgumentError} when called, if the schedule is ≤ 0 at an earlier step, or λ too large for an α above 0
 * Source: Li & Arora 2019, https://arxiv.org/abs/1910.07454, theorem 1, for any schedule and a zero buffer.
 */
export const toWeightDecayFree: Constructor<[schedule: Schedule, options: WeightDecayFreeOptions]> = kind(
  'toWeightDecayFree',
  {
    fields: {
      /** Learning rates η to use with weight decay. */
      schedule: inner,
      ...weightDecayFreeOptions,
    },
    curve({ schedule, weightDecay, momentum }) {
      const first: State = { rate: 1, shrink: 1, before: 1, scale: 1 }
      const state = recurrence(first, ({ rate: rateBefore, shrink, scale }: State, step): State => {
        const rate = schedule(step)
        const drift = momentum * (rate / rateBefore) * (1 - 1 / shrink)
        const next = 1 - rate * weightDecay + drift
        if (!(rate > 0 && next > 0)) throw impossible(step, rate, next)
        return { rate, shrink: next, before: scale, scale: next * scale }
      })
      return (step) => {
        const { rate, before, scale } = state(Math.floor(step) + 1)
        return rate / (before * scale)
      }
    },
  },
)

function impossible(step: number, rate: number, shrink: number): Error {
  const who = 'schedule.toWeightDecayFree'
  if (rate > 0) return mismatch(who, `α > 0 at step ${step}`, shrink, 'lower the schedule or the weight decay')
  return mismatch(who, `a schedule > 0 at step ${step}`, rate, 'end it above 0, for example with etaMin')
}
