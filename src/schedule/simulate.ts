import { integer, size } from '../core/options.ts'
import type { Schedule } from './schedule.ts'

/** Returns the values at steps 0 to n − 1. @throws {ArgumentError} unless n is an integer ≥ 0 */
export function values(schedule: Schedule, n: number): number[] {
  integer({ min: 0 }).read('schedule.values', 'n', n)
  return Array.from({ length: n }, (_, step) => schedule(step))
}

/** Statistics of the first steps of a schedule. */
export interface ScheduleSummary {
  /** Number of steps. */
  readonly steps: number
  /** Value at step 0. */
  readonly first: number
  /** Value at the last step. */
  readonly last: number
  /** Highest value. */
  readonly peak: number
  /** First step with the highest value. */
  readonly peakStep: number
  /** Lowest value. */
  readonly lowest: number
  /** Sum of the values. */
  readonly area: number
  /** Mean of the values. */
  readonly mean: number
  /** Number of final steps with values of at most a tenth of the peak. */
  readonly tail: number
}

/** Summarizes the first n steps of a schedule. @throws {ArgumentError} unless n is a positive integer */
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
