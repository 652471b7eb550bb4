import type { Stretch } from './length.ts'

/** A function from the step to a value: a `Schedule` without its JSON spec. */
export type Curve = (step: number) => number

/**
 * The value of a hyperparameter (learning rate, momentum, weight decay, …) as a pure function of the step.
 *
 * Steps count from 0: the first optimizer step uses `schedule(0)`. A schedule has no state: to resume training
 * at step n, call `schedule(n)`.
 */
export interface Schedule {
  /** Returns the value at a step. @throws {ArgumentError} outside a run, if lengths are fractions of it: see `over` */
  (step: number): number
  /** Description of this schedule as plain JSON, from which `parse` makes an equal schedule. */
  readonly spec: ScheduleSpec
  /** Returns this schedule with all lengths in steps, for a part of a run; absent if they already are. */
  readonly within?: (stretch: Stretch) => Schedule
}

/** Plain JSON that describes a schedule: its `type`, and its options by name; schedules in it are specs too. */
export interface ScheduleSpec {
  readonly type: string
  readonly [field: string]: SpecValue
}

/** A value of a field of a `ScheduleSpec`. */
export type SpecValue =
  | number
  | string
  | boolean
  | ScheduleSpec
  | readonly SpecValue[]
  | Unserialisable
  | undefined

/** Placeholder for a JavaScript function in a spec; `JSON.stringify` throws an error at it. */
export interface Unserialisable {
  toJSON(): never
}

/** What a schedule does after its last step: hold, repeat from step 0, extend its formula, or throw. */
export type After = 'hold' | 'repeat' | 'extrapolate' | 'throw'

/** Whether a value is a schedule made by this library: a function with a `spec`. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function' && 'spec' in value && typeof value.spec === 'object'
}
