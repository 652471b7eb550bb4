import { mismatch } from '../core/mismatch.ts'
import type { Schedule } from './schedule.ts'

/**
 * The values of steps 0 to n − 1.
 *
 * @throws {ArgumentError} unless n is a whole number >= 0
 */
export function values(schedule: Schedule, n: number): number[] {
  if (!Number.isInteger(n) || n < 0) throw mismatch('schedule.values', 'n as a whole number >= 0', n)
  return Array.from({ length: n }, (_, step) => schedule(step))
}

/** What a schedule does in its first n steps. */
export interface ScheduleSummary {
  readonly steps: number
  readonly first: number
  readonly last: number
  /** The highest value. */
  readonly peak: number
  /** The first step that has it. */
  readonly peakStep: number
  /** The lowest value. */
  readonly lowest: number
  /** The sum of the values: for a learning rate, how far the weights can travel. */
  readonly area: number
  readonly mean: number
  /** How many of the last steps are at or below a tenth of the peak. */
  readonly tail: number
}

/**
 * The first n steps of a schedule in a few numbers.
 *
 * @throws {ArgumentError} unless n is a whole number >= 1
 */
export function summary(schedule: Schedule, n: number): ScheduleSummary {
  if (!Number.isInteger(n) || n < 1) throw mismatch('schedule.summary', 'n as a whole number >= 1', n)
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
