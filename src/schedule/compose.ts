/** Schedules made of schedules. `warmup` has its own file. */

import { mismatch } from '../core/mismatch.ts'
import { boolean, list, number, type OptionsOf, required } from '../core/options.ts'
import { checkMilestones, countUpTo } from './bisect.ts'
import { type Constructor, kind } from './kind.ts'
import { changed, inner, inners } from './options.ts'
import type { Schedule } from './schedule.ts'

const sequentialOptions = {
  /** Step at which each schedule after the first begins: rising, one fewer than the schedules. */
  milestones: required(list(number({ above: 0 }))),
}

export interface SequentialOptions extends OptionsOf<typeof sequentialOptions> {}

/**
 * One schedule after the other. Each counts its steps from 0 where it begins.
 *
 *     schedules[i](step − milestones[i − 1])     from step milestones[i − 1] on
 *
 * A part keeps its own `after` until the next begins. PyTorch's SequentialLR starts with the wrong schedule
 * when a milestone is 0, and shifts by a step when nested; here 0 is refused and nesting changes nothing.
 *
 * @throws {ArgumentError} unless there is one milestone fewer than schedules, and they rise from above 0
 * Source: PyTorch's SequentialLR, Optax's join_schedules.
 */
export const sequential: Constructor<[schedules: readonly Schedule[], options: SequentialOptions]> = kind(
  'sequential',
  {
    fields: {
      /** Schedules, in order. */
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
 * The product of schedules: one of values, the others of factors, such as `linear(1, …)`.
 *
 *     schedules[0](step) · schedules[1](step) · …
 *
 * Source: PyTorch's ChainedScheduler, whose schedulers share one base value; there, a scheduler that sets the
 * value (rather than scaling it) overwrites those before it.
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
  /** Factor of every value. */
  factor: required(number()),
}

export interface ScaledOptions extends OptionsOf<typeof scaledOptions> {}

/** `factor · schedule(step)`: for a group of parameters, or a larger batch. */
export const scaled: Constructor<[schedule: Schedule, options: ScaledOptions]> = kind('scaled', {
  fields: { ...changed, ...scaledOptions },
  curve({ schedule, factor }) {
    return (step) => factor * schedule(step)
  },
})

const shiftedOptions = {
  /** Steps by which the schedule begins later; a negative number starts it further on. */
  steps: required(number()),
}

export interface ShiftedOptions extends OptionsOf<typeof shiftedOptions> {}

/**
 * `schedule(step − steps)`, and its first value until then.
 *
 * @example schedule.shifted(schedule.step(1, { stepSize: 10 }), { steps: 5 })(15) // 0.1
 */
export const shifted: Constructor<[schedule: Schedule, options: ShiftedOptions]> = kind('shifted', {
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

/** `schedule(step)`, not below `min` and not above `max`. */
export const clamped: Constructor<[schedule: Schedule, options: ClampedOptions]> = kind('clamped', {
  fields: { ...changed, ...clampedOptions },
  check({ min, max }, who) {
    if (min === undefined && max === undefined) throw mismatch(who, 'min, max or both', undefined)
    if (min !== undefined && max !== undefined && min > max) {
      throw mismatch(who, `max ≥ min, which is ${min}`, max)
    }
  },
  curve({ schedule, min = -Infinity, max = Infinity }) {
    return (step) => Math.min(Math.max(schedule(step), min), max)
  },
})

const perEpochOptions = {
  /** Steps in an epoch. */
  stepsPerEpoch: required(number({ above: 0 })),
  /** Whether the value also changes within an epoch. @default false */
  smooth: boolean(false),
}

export interface PerEpochOptions extends OptionsOf<typeof perEpochOptions> {}

/**
 * A schedule that counts epochs, used with steps.
 *
 *     schedule(⌊step / stepsPerEpoch⌋)          schedule(step / stepsPerEpoch) when smooth
 */
export const perEpoch: Constructor<[schedule: Schedule, options: PerEpochOptions]> = kind('perEpoch', {
  fields: {
    /** Schedule that counts epochs. */
    schedule: inner,
    ...perEpochOptions,
  },
  curve({ schedule, stepsPerEpoch, smooth }) {
    if (smooth) return (step) => schedule(step / stepsPerEpoch)
    return (step) => schedule(Math.floor(step / stepsPerEpoch))
  },
})

const periodicOptions = {
  /** Steps after which the schedule begins again. */
  period: required(number({ above: 0 })),
}

export interface PeriodicOptions extends OptionsOf<typeof periodicOptions> {}

/** The first `period` steps of a schedule, again and again: `schedule(step mod period)`. */
export const periodic: Constructor<[schedule: Schedule, options: PeriodicOptions]> = kind('periodic', {
  fields: { ...changed, ...periodicOptions },
  curve({ schedule, period }) {
    return (step) => schedule(step % period)
  },
})
