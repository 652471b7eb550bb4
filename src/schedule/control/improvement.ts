/** Rules that all controllers share: when a metric improves on the best, and what to do if it is not finite. */

import { mismatch } from '../../core/mismatch.ts'
import { choice } from '../../core/options.ts'

export type Goal = 'min' | 'max'
export type ThresholdMode = 'rel' | 'abs'
export type NonFinite = 'bad' | 'ignore' | 'throw'

export const goal = {
  /** Direction of improvement: lower for 'min', higher for 'max'. @default 'min' */
  mode: choice<Goal>(['min', 'max'], 'min'),
}

export const absoluteThreshold = {
  /** Unit of the threshold: a fraction of |best| for 'rel', a difference for 'abs'. @default 'abs' */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs'], 'abs'),
}

export const nonFinitePolicy = {
  /** Treatment of a metric that is NaN or infinite: count it as bad, ignore it, or throw. @default 'bad' */
  nonFinite: choice<NonFinite>(['bad', 'ignore', 'throw'], 'bad'),
}

/** Options that decide what counts as an improvement. */
export interface Judge {
  readonly mode: Goal
  readonly threshold: number
  readonly thresholdMode: ThresholdMode
}

/**
 * Whether a metric improves on the best by more than the threshold. The first finite metric always does.
 *
 *     rel   metric < best − threshold · |best|          abs   metric < best − threshold      (mirrored for max)
 */
export function better(judge: Judge, metric: number, best: number | null): boolean {
  const { mode, threshold, thresholdMode } = judge
  if (!Number.isFinite(metric)) return false
  if (best === null) return true
  const sign = mode === 'min' ? -1 : 1
  const limit =
    thresholdMode === 'abs' ? best + sign * threshold : best * (1 + sign * Math.sign(best) * threshold)
  return mode === 'min' ? metric < limit : metric > limit
}

/** Whether to ignore a metric. @throws {ArgumentError} if it is not finite and the policy is 'throw' */
export function skips(who: string, policy: NonFinite, metric: number): boolean {
  if (typeof metric !== 'number') throw mismatch(who, 'a metric as a number', metric)
  if (Number.isFinite(metric)) return false
  if (policy === 'throw')
    throw mismatch(who, 'a finite metric', metric, "or set nonFinite to 'bad' or 'ignore'")
  return policy === 'ignore'
}
