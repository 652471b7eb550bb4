import { writtenSchedule } from '#schedules'
import { type Hyperparameter, type Option, scheduled } from '../core/options.ts'
import type { Schedule, ScheduleSpec } from './schedule.ts'

/** A number, a function of the step, or a schedule as plain JSON or text: `'warmup 5% + cosine 0.1 to 0'`. */
export type ScheduleLike = Hyperparameter | ScheduleSpec | string

/** Whether a value is a schedule as plain JSON or text. A text such as '0.1' is not: a number must be a number. */
const isSource = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.trim() !== '' && Number.isNaN(Number(value))
    : typeof value === 'object' && value !== null && 'type' in value

/** Returns the schedule that plain JSON or text stands for, and any other value unchanged. */
export const asSchedule = <T>(value: T): T | Schedule => (isSource(value) ? writtenSchedule(value) : value)

/** Declares an option that is a number or a schedule; the schedule may be given as plain JSON or as text. */
export function schedulable<R extends number | undefined>(
  option: Option<number, R>,
): Option<ScheduleLike, Hyperparameter | (R extends undefined ? undefined : never)> {
  const { read, given: _, ...declared } = scheduled(option)
  return {
    ...declared,
    read(who, name, value) {
      return read.call(this as never, who, name, asSchedule(value))
    },
  }
}
