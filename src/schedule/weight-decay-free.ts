import { mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, required } from '../core/options.ts'
import { type Constructor, kind } from './kind.ts'
import { inner } from './options.ts'
import { recurrence } from './recurrence.ts'
import type { Schedule } from './schedule.ts'

const weightDecayFreeOptions = {
  /** Weight decay λ to do without. */
  weightDecay: required(number({ min: 0 })),
  /** The optimizer's momentum μ. */
  momentum: required(number({ min: 0, below: 1 })),
}

export interface WeightDecayFreeOptions extends OptionsOf<typeof weightDecayFreeOptions> {}

/** The recurrence after a step: its rate η, its α, and P before and after it. */
interface State {
  readonly rate: number
  readonly shrink: number
  readonly before: number
  readonly scale: number
}

/**
 * The learning rates that train weights under batch normalization without weight decay just as `schedule` does
 * with it.
 *
 *     α₀ = 1 − η₀λ          αₜ = 1 − ηₜλ + μ · (ηₜ / ηₜ₋₁) · (1 − 1 / αₜ₋₁)
 *     P₀ = 1                Pₜ₊₁ = αₜ · Pₜ
 *     value(t) = ηₜ / (Pₜ · Pₜ₊₁)
 *
 * For weights whose scale does not change the network's output, SGD with momentum μ, a zero buffer and these
 * rates goes through the same functions as SGD with μ, weight decay λ and the rates η: its weights are larger
 * by 1 / Pₜ. Biases, γ and β, and an output layer are not such weights: keep them in a separate group. Batch
 * normalization's eps breaks the identity a little.
 *
 * At a constant rate the values grow exponentially: with 0.1, λ = 5e-4 and μ = 0.9 by 1.48123 every 391 steps,
 * and past the largest float64 after some 700,000.
 *
 * It is a recurrence: a first call at step n costs n steps of it, a later one for a nearby step few.
 *
 * @throws {ArgumentError} at a call, when the schedule is not above 0 up to that step, or λ is too large for it
 * Source: Li & Arora 2019, https://arxiv.org/abs/1910.07454, theorem 1, for any schedule and a zero buffer.
 */
export const toWeightDecayFree: Constructor<[schedule: Schedule, options: WeightDecayFreeOptions]> = kind(
  'toWeightDecayFree',
  {
    fields: {
      /** Schedule used with weight decay. */
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
  const fix = 'lower the schedule or the weight decay'
  if (rate > 0)
    return mismatch(who, `weights that keep a share > 0 of their size at step ${step}`, shrink, fix)
  return mismatch(who, `a schedule > 0 at step ${step}`, rate, 'end it above 0, with etaMin, say')
}
