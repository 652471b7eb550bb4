/** Schedules made of other schedules. `warmup` is in warmup.ts. */

import { mismatch } from '../core/mismatch.ts'
import { boolean, list, number, type OptionsOf, required } from '../core/options.ts'
import { checkMilestones, countUpTo } from './bisect.ts'
import { type Constructor, type FromSchedule, kind } from './kind.ts'
import { changed, inners } from './options.ts'
import type { Schedule } from './schedule.ts'

const sequentialOptions = {
  /** Step at which each schedule after the first begins, strictly increasing. */
  milestones: required(list(number({ above: 0 }))),
}
export interface SequentialOptions extends OptionsOf<typeof sequentialOptions> {}

/**
 * Schedules one after another, each counting its steps from 0 at its own start.
 *
 *     schedules[i](step − milestones[i − 1])     from step milestones[i − 1] on
 *
 * A schedule that ends before the next begins continues as its `after` option says. PyTorch's SequentialLR
 * starts with the wrong schedule when a milestone is 0, and shifts by a step when nested; here a milestone of 0
 * is refused, and nesting changes nothing.
 *
 * @throws {ArgumentError} unless n schedules have n − 1 milestones, strictly increasing and above 0
 * Source: PyTorch's SequentialLR, Optax's join_schedules.
 */
export const sequential: Constructor<[schedules: readonly Schedule[], options: SequentialOptions]> = kind(
  'sequential',
  {
    fields: {
      /** The schedules, in order. */
      schedules: inners,
      ...sequentialOptions,
    },
    check: ({ schedules, milestones }, who) =>
      checkMilestones(who, milestones, schedules.length, 'schedules'),
    curve({ schedules, milestones }) {
      const starts = [0, ...milestones]
      const [first, second] = schedules
      const [change] = milestones
      if (milestones.length === 1) return (step) => (step < change! ? first!(step) : second!(step - change!))
      return (step) => {
        const i = countUpTo(milestones, step)
        return schedules[i]!(step - starts[i]!)
      }
    },
  },
)

/**
 * The product of schedules: one returns values, the others return factors, such as `linear(1, …)`.
 *
 *     schedules[0](step) · schedules[1](step) · …
 *
 * Source: PyTorch's ChainedScheduler; there, a scheduler that sets the value instead of scaling it discards the
 * factors of the schedulers before it.
 */
export const chained: Constructor<[schedules: readonly Schedule[]]> = kind('chained', {
  fields: {
    /** Schedules to multiply. */
    schedules: inners,
  },
  curve({ schedules }) {
    const [first, second] = schedules
    if (schedules.length === 2) return (step) => first!(step) * second!(step)
    return (step) => {
      let product = 1
      for (const s of schedules) product *= s(step)
      return product
    }
  },
})

const scaledOptions = {
  /** Factor that multiplies every value. */
  factor: required(number()),
}
export interface ScaledOptions extends OptionsOf<typeof scaledOptions> {}

/** `factor · schedule(step)`: for example for a parameter group, or for a larger batch. */
export const scaled: FromSchedule<ScaledOptions> = kind('scaled', {
  fields: { ...changed, ...scaledOptions },
  curve({ schedule, factor }) {
    return (step) => factor * schedule(step)
  },
})

const shiftedOptions = {
  /** Number of steps by which to delay the schedule; a negative number skips its first steps. */
  steps: required(number()),
}
export interface ShiftedOptions extends OptionsOf<typeof shiftedOptions> {}

/**
 * A delayed schedule: `schedule(step − steps)`, and `schedule(0)` before step `steps`.
 *
 * @example schedule.shifted(schedule.step(1, { stepSize: 10 }), { steps: 5 })(15) // 0.1
 */
export const shifted: FromSchedule<ShiftedOptions> = kind('shifted', {
  fields: { ...changed, ...shiftedOptions },
  curve({ schedule, steps }) {
    return (step) => schedule(Math.max(step - steps, 0))
  },
})

const clampedOptions = {
  /** Lowest value. @default −∞ */
  min: number(),
  /** Highest value. @default ∞ */
  max: number(),
}
export interface ClampedOptions extends OptionsOf<typeof clampedOptions> {}

/** `schedule(step)`, raised to `min` where it is lower and lowered to `max` where it is higher. */
export const clamped: FromSchedule<ClampedOptions> = kind('clamped', {
  fields: { ...changed, ...clampedOptions },
  check({ min, max }, who) {
    if ((min ?? max) === undefined) throw mismatch(who, 'min, max or both', undefined)
    if ((min ?? -Infinity) > (max ?? Infinity)) throw mismatch(who, `max ≥ min, which is ${min}`, max)
  },
  curve({ schedule, min = -Infinity, max = Infinity }) {
    return (step) => Math.min(Math.max(schedule(step), min), max)
  },
})

const perEpochOptions = {
  /** Steps per epoch. */
  stepsPerEpoch: required(number({ above: 0 })),
  /** Whether the value also changes within an epoch, at fractional epochs. @default false */
  smooth: boolean(false),
}
export interface PerEpochOptions extends OptionsOf<typeof perEpochOptions> {}

/**
 * Converts a schedule that counts epochs to one that counts steps.
 *
 *     schedule(⌊step / stepsPerEpoch⌋)          schedule(step / stepsPerEpoch) when smooth
 */
export const perEpoch: FromSchedule<PerEpochOptions> = kind('perEpoch', {
  fields: { ...changed, ...perEpochOptions },
  curve({ schedule, stepsPerEpoch, smooth }) {
    if (smooth) return (step) => schedule(step / stepsPerEpoch)
    return (step) => schedule(Math.floor(step / stepsPerEpoch))
  },
})

const periodicOptions = {
  /** Number of steps after which the schedule restarts. */
  period: required(number({ above: 0 })),
}
export interface PeriodicOptions extends OptionsOf<typeof periodicOptions> {}

/** The first `period` steps of a schedule, repeated forever: `schedule(step mod period)`. */
export const periodic: FromSchedule<PeriodicOptions> = kind('periodic', {
  fields: { ...changed, ...periodicOptions },
  curve({ schedule, period }) {
    return (step) => schedule(step % period)
  },
})
