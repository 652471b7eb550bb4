import { integer, size } from '../core/options.ts'
import type { Schedule } from './schedule.ts'

/** Returns a schedule's values at steps 0 to n − 1. @throws {ArgumentError} unless n is an integer ≥ 0 */
export function values(schedule: Schedule, n: number): number[] {
  integer({ min: 0 }).read('schedule.values', 'n', n)
  return Array.from({ length: n }, (_, step) => schedule(step))
}

/** Statistics of the values of a schedule at its first n steps. */
export interface ScheduleSummary {
  /** Number n of the steps summarized. */
  readonly steps: number
  /** Value at step 0. */
  readonly first: number
  /** Value at step n − 1. */
  readonly last: number
  /** Highest of the n values. */
  readonly peak: number
  /** First step with the highest value. */
  readonly peakStep: number
  /** Lowest of the n values. */
  readonly lowest: number
  /** Sum of the n values. */
  readonly area: number
  /** Mean of the n values. */
  readonly mean: number
  /** Number of steps at the end after the last value above peak / 10. */
  readonly tail: number
}

/** Returns statistics of a schedule's first n steps. @throws {ArgumentError} unless n is a positive integer */
export function summary(schedule: Schedule, n: number): ScheduleSummary {
  size.read('schedule.summary', 'n', n)
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
