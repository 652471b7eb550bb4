import { mismatch } from '../core/mismatch.ts'
import { integer } from '../core/options.ts'
import type { Schedule } from './schedule.ts'

/** Returns a schedule's values at steps 0 to n − 1. @throws {ArgumentError} unless n is an integer ≥ 0 */
export function values(schedule: Schedule, n: number): number[] {
  checkSchedule('schedule.values', schedule)
  integer({ min: 0, limit: mostSteps }).read('schedule.values', 'n', n)
  return Array.from({ length: n }, (_, step) => schedule(step))
}

/** Maximum number of steps whose values are computed; as many take a second or more, and 800 MB. */
const mostSteps = 100_000_000

function checkSchedule(who: string, schedule: unknown): void {
  if (typeof schedule !== 'function') throw mismatch(who, 'a schedule', schedule)
}

/** Statistics of the values of a schedule at its first n steps. */
export interface ScheduleSummary {
  /** Number n of steps that are summarized: steps 0 to n − 1. */
  readonly steps: number
  /** Value of the schedule at step 0. */
  readonly first: number
  /** Value of the schedule at step n − 1. */
  readonly last: number
  /** Highest value of the schedule at the n steps. */
  readonly peak: number
  /** First step at which the schedule has its highest value. */
  readonly peakStep: number
  /** Lowest value of the schedule at the n steps. */
  readonly lowest: number
  /** Sum of the schedule's values at the n steps. */
  readonly area: number
  /** Mean of the schedule's values at the n steps. */
  readonly mean: number
  /** Number of steps after the last step at which the value is above a tenth of the highest value. */
  readonly tail: number
}

/** Returns statistics of a schedule's first n steps. @throws {ArgumentError} unless n is a positive integer */
export function summary(schedule: Schedule, n: number): ScheduleSummary {
  checkSchedule('schedule.summary', schedule)
  integer({ min: 1, limit: mostSteps }).read('schedule.summary', 'n', n)
  let [peak, peakStep, lowest, area, tailStart] = [-Infinity, 0, Infinity, 0, 0]
  for (let step = 0; step < n; step++) {
    const value = schedule(step)
    if (value > peak) [peak, peakStep] = [value, step]
    lowest = Math.min(lowest, value)
    area += value
  }
  for (let step = 0; step < n; step++) if (schedule(step) > peak / 10) tailStart = step + 1
  const [first, last] = [schedule(0), schedule(n - 1)]
  return { steps: n, first, last, peak, peakStep, lowest, area, mean: area / n, tail: n - tailStart }
}
