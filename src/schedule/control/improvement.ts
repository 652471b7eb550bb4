/** What all controllers ask of a metric: is it better than the best? And what if it is no number? */

import { mismatch } from '../../core/mismatch.ts'
import { choice, type Field, number } from '../field.ts'

export type Goal = 'min' | 'max'
export type ThresholdMode = 'rel' | 'abs'
export type NonFinite = 'bad' | 'ignore' | 'throw'

export const mode: Field<Goal> = choice('whether a lower or a higher metric is better', ['min', 'max'], 'min')

export const nonFinite: Field<NonFinite> = choice(
  'what a metric that is no finite number does: counts as bad, is ignored, or throws',
  ['bad', 'ignore', 'throw'],
  'bad',
)

/** The margin of an improvement, with its default. */
export function threshold(fallback: number): Field<number> {
  return number('how much better than the best counts as better', { min: 0 }, fallback)
}

export interface Judge {
  readonly mode: Goal
  readonly threshold: number
  readonly thresholdMode: ThresholdMode
}

/**
 * Whether a metric beats the best so far by more than the threshold. The first finite one does; NaN never does.
 *
 *     rel   metric < best − threshold · |best|          abs   metric < best − threshold          (mirrored for max)
 */
export function better(
  { mode, threshold, thresholdMode }: Judge,
  metric: number,
  best: number | null,
): boolean {
  if (!Number.isFinite(metric)) return false
  if (best === null) return true
  const sign = mode === 'min' ? -1 : 1
  const bar =
    thresholdMode === 'abs' ? best + sign * threshold : best * (1 + sign * Math.sign(best) * threshold)
  return mode === 'min' ? metric < bar : metric > bar
}

/** Applies the policy for metrics that are no finite number: whether to skip this one. */
export function skips(who: string, policy: NonFinite, metric: number): boolean {
  if (typeof metric !== 'number') throw mismatch(who, 'a metric as a number', metric)
  if (Number.isFinite(metric)) return false
  if (policy === 'throw')
    throw mismatch(who, 'a finite metric', metric, "or set nonFinite to 'bad' or 'ignore'")
  return policy === 'ignore'
}
