import { integer, size } from '../core/options.ts'
import type { Schedule } from './schedule.ts'

/**
 * Returns the values of steps 0 to n − 1.
 *
 * @throws {ArgumentError} unless n is an integer ≥ 0
 */
export function values(schedule: Schedule, n: number): number[] {
  integer({ min: 0 }).read('schedule.values', 'n', n)
  return Array.from({ length: n }, (_, step) => schedule(step))
}

/** The first steps of a schedule in numbers. */
export interface ScheduleSummary {
  readonly steps: number
  readonly first: number
  readonly last: number
  /** The highest value. */
  readonly peak: number
  /** The first step at the peak. */
  readonly peakStep: number
  /** The lowest value. */
  readonly lowest: number
  /** The sum of the values: for a learning rate, how far the weights can travel. */
  readonly area: number
  readonly mean: number
  /** Length of the final stretch at or below a tenth of the peak, in steps. */
  readonly tail: number
}

/**
 * Sums up the first n steps of a schedule in a few numbers.
 *
 * @throws {ArgumentError} unless n is a positive integer
 */
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
