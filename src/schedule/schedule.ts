/** A function from the step to a value; unlike a `Schedule`, it has no spec. */
export type Curve = (step: number) => number

/**
 * The value of a hyperparameter (learning rate, momentum, weight decay, …) as a pure function of the step.
 *
 * Steps count from 0: the first optimizer step uses the value at 0. A schedule has no state: to resume at step
 * n, call it with n.
 */
export interface Schedule {
  (step: number): number
  /** This schedule as plain JSON: `parse(s.spec)` returns an equal function. */
  readonly spec: ScheduleSpec
}

/** A schedule as plain JSON: its `type`, and its fields by name. Inner schedules are specs too. */
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

/** Placeholder for a JavaScript function in a spec: conversion to JSON throws. */
export interface Unserialisable {
  toJSON(): never
}

/** Behaviour of a finite schedule after its last step. */
export type After = 'hold' | 'repeat' | 'extrapolate' | 'throw'

/** Whether a value is a schedule made by this library. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function' && 'spec' in value && typeof value.spec === 'object'
}
