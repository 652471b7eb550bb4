/** What all controllers ask of a metric: is it better than the best? And what if it is NaN or infinite? */

import { mismatch } from '../../core/mismatch.ts'
import { choice } from '../../core/options.ts'

export type Goal = 'min' | 'max'
export type ThresholdMode = 'rel' | 'abs'
export type NonFinite = 'bad' | 'ignore' | 'throw'

export const goal = {
  /** Whether a lower or a higher metric is better. @default 'min' */
  mode: choice<Goal>(['min', 'max'], 'min'),
}

export const absoluteThreshold = {
  /** Whether the threshold is a share of |best| or a difference. @default 'abs' */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs'], 'abs'),
}

export const nonFinitePolicy = {
  /** What a metric that is NaN or infinite does: counts as bad, is ignored, or throws. @default 'bad' */
  nonFinite: choice<NonFinite>(['bad', 'ignore', 'throw'], 'bad'),
}

export interface Judge {
  readonly mode: Goal
  readonly threshold: number
  readonly thresholdMode: ThresholdMode
}

/**
 * Whether a metric beats the best so far by more than the threshold. The first finite one does; NaN never does.
 *
 *     rel   metric < best − threshold · |best|          abs   metric < best − threshold      (mirrored for max)
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

/** Whether to skip a metric under this policy. @throws {ArgumentError} for a non-finite metric under 'throw' */
export function skips(who: string, policy: NonFinite, metric: number): boolean {
  if (typeof metric !== 'number') throw mismatch(who, 'a metric as a number', metric)
  if (Number.isFinite(metric)) return false
  if (policy === 'throw')
    throw mismatch(who, 'a finite metric', metric, "or set nonFinite to 'bad' or 'ignore'")
  return policy === 'ignore'
}
