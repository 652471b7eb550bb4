/** Schedules made from other schedules, except `warmup`, which is in warmup.ts. */

import { mismatch } from '../core/mismatch.ts'
import { boolean, list, number, type OptionsOf, required } from '../core/options.ts'
import { checkMilestones, countUpTo } from './bisect.ts'
import { type Constructor, type FromSchedule, kind } from './kind.ts'
import { steps } from './length.ts'
import { changed, inners } from './options.ts'
import type { Schedule } from './schedule.ts'
import { later, type Timing, until } from './timing.ts'

const sequentialOptions = {
  /** Strictly increasing steps: at `milestones[i]`, `schedules[i + 1]` takes over. */
  milestones: required(list(steps({ above: 0 }))),
}
export interface SequentialOptions extends OptionsOf<typeof sequentialOptions> {}

/**
 * Runs schedules one after another; each one counts its steps from 0, starting where it takes over.
 *
 *     schedules[i](step − milestones[i − 1])     from step milestones[i − 1] on
 *
 * If a schedule ends before the next one takes over, its `after` option determines the values in between.
 * PyTorch's SequentialLR starts with the wrong schedule if a milestone is 0, and is off by one step if nested;
 * here a milestone of 0 is refused, and nested schedules have the same values as unnested ones.
 *
 * @throws {ArgumentError} unless n schedules have n − 1 milestones, strictly increasing and above 0
 * Source: PyTorch's SequentialLR, Optax's join_schedules.
 */
export const sequential: Constructor<[schedules: readonly Schedule[], options: SequentialOptions]> = kind(
  'sequential',
  {
    fields: {
      /** The schedules to run, in order. */
      schedules: inners,
      ...sequentialOptions,
    },
    check: ({ schedules, milestones }, who) =>
      checkMilestones(who, milestones, schedules.length, 'schedules'),
    place: ({ milestones }, outer, index) => ({
      run: outer.run,
      from: outer.from + (milestones[index - 1] ?? 0),
      until: index < milestones.length ? outer.from + milestones[index]! : outer.until,
    }),
    timing: ({ milestones }, inner) => ({
      ...later(inner.at(-1)!, milestones.at(-1) ?? 0),
      isConstant: false,
    }),
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
 * The product of schedules: one gives values, such as learning rates, the others give factors, such as
 * `linear(1, …)`.
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
  timing: (_, inner) => ({
    end: endOfProduct(inner),
    last: Math.max(...inner.map(({ last }) => last)),
  }),
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

/** Returns the step from which a product of schedules is constant: the latest end of those factors that vary. */
function endOfProduct(factors: readonly Timing[]): number {
  const varying = factors.filter(({ isConstant }) => !isConstant)
  return varying.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...varying.map(({ end }) => end))
}

const scaledOptions = {
  /** Number by which to multiply every value of the schedule. */
  factor: required(number()),
}
export interface ScaledOptions extends OptionsOf<typeof scaledOptions> {}

/** `factor · schedule(step)`: scales a schedule, for example for one parameter group or a larger batch. */
export const scaled: FromSchedule<ScaledOptions> = kind('scaled', {
  fields: { ...changed, ...scaledOptions },
  curve({ schedule, factor }) {
    return (step) => factor * schedule(step)
  },
})

const shiftedOptions = {
  /** Number of steps by which to delay the schedule; −n skips its first n steps instead. */
  steps: required(steps({})),
}
export interface ShiftedOptions extends OptionsOf<typeof shiftedOptions> {}

/**
 * A delayed schedule: `schedule(step − steps)`, and `schedule(0)` before step `steps`.
 *
 * @example schedule.shifted(schedule.step(1, { stepSize: 10 }), { steps: 5 })(15) // 0.1
 */
export const shifted: FromSchedule<ShiftedOptions> = kind('shifted', {
  fields: { ...changed, ...shiftedOptions },
  place: ({ steps }, outer) => ({ ...outer, from: outer.from + steps }),
  timing: ({ steps }, [inner]) => later(inner!, steps),
  curve({ schedule, steps }) {
    return (step) => schedule(Math.max(step - steps, 0))
  },
})

const clampedOptions = {
  /** Lower bound of the values. @default −∞ */
  min: number(),
  /** Upper bound of the values. @default ∞ */
  max: number(),
}
export interface ClampedOptions extends OptionsOf<typeof clampedOptions> {}

/** Limits a schedule to a range: values below `min` become `min`, and values above `max` become `max`. */
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
  /** Number of steps per epoch. */
  stepsPerEpoch: required(steps({ above: 0 })),
  /** Whether to call the schedule with fractional epochs, so that it changes at each step. @default false */
  smooth: boolean(false),
}
export interface PerEpochOptions extends OptionsOf<typeof perEpochOptions> {}

/**
 * Converts a schedule whose argument is the epoch to one whose argument is the step.
 *
 *     schedule(⌊step / stepsPerEpoch⌋)          with `smooth`, schedule(step / stepsPerEpoch)
 */
export const perEpoch: FromSchedule<PerEpochOptions> = kind('perEpoch', {
  fields: { ...changed, ...perEpochOptions },
  place: ({ stepsPerEpoch }, { run, from, until }) => ({
    run: run / stepsPerEpoch,
    from: from / stepsPerEpoch,
    until: until / stepsPerEpoch,
  }),
  timing: ({ stepsPerEpoch }, [inner]) => ({
    end: inner!.end * stepsPerEpoch,
    last: inner!.last * stepsPerEpoch,
  }),
  curve({ schedule, stepsPerEpoch, smooth }) {
    if (smooth) return (step) => schedule(step / stepsPerEpoch)
    return (step) => schedule(Math.floor(step / stepsPerEpoch))
  },
})

const periodicOptions = {
  /** Number of steps after which the schedule restarts at its step 0. */
  period: required(steps({ above: 0 })),
}
export interface PeriodicOptions extends OptionsOf<typeof periodicOptions> {}

/** The first `period` steps of a schedule, repeated forever: `schedule(step mod period)`. */
export const periodic: FromSchedule<PeriodicOptions> = kind('periodic', {
  fields: { ...changed, ...periodicOptions },
  place: ({ period }, outer) => ({ ...outer, until: outer.from + period }),
  timing: ({ period }) => until(period),
  curve({ schedule, period }) {
    return (step) => schedule(step % period)
  },
})
