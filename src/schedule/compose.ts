/** Schedules made of schedules. `warmup` has its own file. */

import { mismatch } from '../core/mismatch.ts'
import { countUpTo, rising } from './bisect.ts'
import { boolean, inner, inners, maybeNumber, number, numbers } from './field.ts'
import { type Kind, kind, make } from './kind.ts'
import type { Schedule } from './schedule.ts'

export interface SequentialOptions {
  /** The step at which each schedule after the first begins: rising, one fewer than the schedules. */
  readonly milestones: readonly number[]
}

export const sequentialKind: Kind = kind({
  type: 'sequential',
  about: 'follows one schedule after the other, each counting from 0',
  fields: {
    schedules: inners('a list of schedules, in order'),
    milestones: numbers('a list of the steps at which each schedule after the first begins', { above: 0 }),
  },
  check({ schedules, milestones }) {
    const who = 'schedule.sequential'
    const wanted = schedules.length - 1
    if (milestones.length !== wanted) {
      const fix = 'each schedule after the first begins at one'
      return mismatch(who, `${wanted} milestones for ${schedules.length} schedules`, milestones.length, fix)
    }
    if (rising(milestones)) return undefined
    return mismatch(who, 'rising milestones', milestones, 'sort them, each step once')
  },
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
})

/**
 * One schedule after the other. Each counts its steps from 0 where it begins.
 *
 *     schedules[i](step − milestones[i − 1])     from step milestones[i − 1] on
 *
 * A part keeps its own `after` until the next begins. PyTorch's SequentialLR starts with the wrong schedule when a
 * milestone is 0, and shifts by a step when nested; here 0 is refused and nesting changes nothing.
 *
 * @throws {ArgumentError} unless there is one milestone fewer than schedules, and they rise from above 0
 * Source: PyTorch's SequentialLR, Optax's join_schedules.
 */
export function sequential(schedules: readonly Schedule[], options: SequentialOptions): Schedule {
  return make(sequentialKind, schedules, options)
}

export const chainedKind: Kind = kind({
  type: 'chained',
  about: 'multiplies other schedules',
  fields: { schedules: inners('a list of schedules to multiply') },
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

/**
 * The product of schedules: one of values, the others of factors, say `linear(1, …)`.
 *
 *     schedules[0](step) · schedules[1](step) · …
 *
 * Source: PyTorch's ChainedScheduler, whose schedulers share one base value; there, a scheduler that sets the value
 * (rather than scaling it) overwrites those before it.
 */
export function chained(schedules: readonly Schedule[]): Schedule {
  return make(chainedKind, schedules)
}

export const scaledKind: Kind = kind({
  type: 'scaled',
  about: 'multiplies another schedule by a factor',
  fields: { schedule: inner('the schedule to scale'), factor: number('what multiplies it') },
  curve:
    ({ schedule, factor }) =>
    (step) =>
      factor * schedule(step),
})

/** `factor · schedule(step)`: for a group of parameters, or a larger batch. */
export function scaled(schedule: Schedule, options: { readonly factor: number }): Schedule {
  return make(scaledKind, schedule, options)
}

export const shiftedKind: Kind = kind({
  type: 'shifted',
  about: 'begins another schedule later, or further on',
  fields: {
    schedule: inner('the schedule to shift'),
    steps: number('the number of steps by which it begins later; below 0, further on'),
  },
  curve:
    ({ schedule, steps }) =>
    (step) =>
      schedule(Math.max(step - steps, 0)),
})

/**
 * `schedule(step − steps)`, and its first value until then. A negative `steps` begins further on.
 *
 * @example schedule.shifted(schedule.step(1, { stepSize: 10 }), { steps: 5 })(15) // 0.1
 */
export function shifted(schedule: Schedule, options: { readonly steps: number }): Schedule {
  return make(shiftedKind, schedule, options)
}

export interface ClampedOptions {
  /** The lowest value; none unless given. */
  readonly min?: number
  /** The highest value; none unless given. */
  readonly max?: number
}

export const clampedKind: Kind = kind({
  type: 'clamped',
  about: 'keeps another schedule within bounds',
  fields: {
    schedule: inner('the schedule to keep within bounds'),
    min: maybeNumber('the lowest value'),
    max: maybeNumber('the highest value'),
  },
  check({ min, max }) {
    const who = 'schedule.clamped'
    if (min === undefined && max === undefined) return mismatch(who, 'min, max or both', undefined)
    if (min === undefined || max === undefined || min <= max) return undefined
    return mismatch(who, `max >= min, which is ${min}`, max)
  },
  curve:
    ({ schedule, min = -Infinity, max = Infinity }) =>
    (step) =>
      Math.min(Math.max(schedule(step), min), max),
})

/** `schedule(step)`, not below `min` and not above `max`. */
export function clamped(schedule: Schedule, options: ClampedOptions): Schedule {
  return make(clampedKind, schedule, options)
}

export interface PerEpochOptions {
  /** Steps in an epoch, > 0. */
  readonly stepsPerEpoch: number
  /** Whether the value also changes within an epoch; not unless given. */
  readonly smooth?: boolean
}

export const perEpochKind: Kind = kind({
  type: 'perEpoch',
  about: 'counts the epochs of another schedule in steps',
  fields: {
    schedule: inner('the schedule that counts epochs'),
    stepsPerEpoch: number('the number of steps in an epoch', { above: 0 }),
    smooth: boolean('whether the value also changes within an epoch', false),
  },
  curve: ({ schedule, stepsPerEpoch, smooth }) =>
    smooth ? (step) => schedule(step / stepsPerEpoch) : (step) => schedule(Math.floor(step / stepsPerEpoch)),
})

/**
 * A schedule that counts epochs, used with steps.
 *
 *     schedule(⌊step / stepsPerEpoch⌋)          schedule(step / stepsPerEpoch) when smooth
 */
export function perEpoch(schedule: Schedule, options: PerEpochOptions): Schedule {
  return make(perEpochKind, schedule, options)
}

export const periodicKind: Kind = kind({
  type: 'periodic',
  about: 'begins another schedule again and again',
  fields: {
    schedule: inner('the schedule to repeat'),
    period: number('the number of steps after which it begins again', { above: 0 }),
  },
  curve:
    ({ schedule, period }) =>
    (step) =>
      schedule(step % period),
})

/** The first `period` steps of a schedule, again and again: `schedule(step mod period)`. */
export function periodic(schedule: Schedule, options: { readonly period: number }): Schedule {
  return make(periodicKind, schedule, options)
}
