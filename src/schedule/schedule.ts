/** A number for each step, without a spec. */
export type Curve = (step: number) => number

/**
 * The value of a hyperparameter at each step, as a pure function of the step.
 *
 * Steps count from 0: the value at `t` is the one that optimizer step number `t + 1` uses. A schedule keeps no
 * state: resuming at step n means calling it with n, and plotting it means mapping it over the steps. Any
 * hyperparameter may follow one: learning rate, momentum, weight decay, the momentum of batch normalization.
 */
export interface Schedule {
  (step: number): number
  /** This schedule as plain JSON: `parse(s.spec)` returns an equal function. */
  readonly spec: ScheduleSpec
}

/** A schedule as plain JSON: its `type`, and its options by name. Composed schedules hold specs in turn. */
export interface ScheduleSpec {
  readonly type: string
  readonly [field: string]: SpecValue
}

/** A value in a spec. */
export type SpecValue =
  | number
  | string
  | boolean
  | ScheduleSpec
  | readonly SpecValue[]
  | Unserialisable
  | undefined

/** Stands for a JavaScript function in a spec: reading the spec works, turning it into JSON throws. */
export interface Unserialisable {
  toJSON(): never
}

/** What a finite schedule does after its last step. */
export type After = 'hold' | 'repeat' | 'extrapolate' | 'throw'

/** Whether a value is a schedule made by this library. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function' && 'spec' in value && typeof value.spec === 'object'
}
