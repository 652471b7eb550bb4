/** Rules of all controllers: when a metric counts as an improvement, and what to do if it is not finite. */

import { mismatch } from '../../core/mismatch.ts'
import { choice } from '../../core/options.ts'

export type Goal = 'min' | 'max'
export type ThresholdMode = 'rel' | 'abs'
export type NonFinite = 'bad' | 'ignore' | 'throw'

export const goal = {
  /** Whether a lower ('min') or higher ('max') metric is better. @default the monitored metric's goal, else 'min' */
  mode: choice<Goal>(['min', 'max']),
}

export const absoluteThreshold = {
  /** Whether `threshold` is a fraction of the best metric ('rel'), or a difference ('abs'). @default 'abs' */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs'], 'abs'),
}

export const nonFinitePolicy = {
  /** For a NaN or infinite metric: count it as no improvement ('bad'), ignore it, or throw. @default 'bad' */
  nonFinite: choice<NonFinite>(['bad', 'ignore', 'throw'], 'bad'),
}

/** Options that determine whether a metric counts as an improvement. */
export interface Judge {
  readonly mode: Goal
  readonly threshold: number
  readonly thresholdMode: ThresholdMode
}

/**
 * Whether a value of a metric beats the best one so far by more than the threshold. The first finite value
 * always does.
 *
 *     rel   min: metric < best − threshold · |best|         max: metric > best + threshold · |best|
 *     abs   min: metric < best − threshold                  max: metric > best + threshold
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

/**
 * Whether to ignore this value of a metric: it is NaN or infinite, and the policy is 'ignore'.
 *
 * @throws {ArgumentError} if it is not finite and the policy is 'throw'
 */
export function skips(who: string, policy: NonFinite, metric: number): boolean {
  if (typeof metric !== 'number') throw mismatch(who, 'a metric as a number', metric)
  if (Number.isFinite(metric)) return false
  if (policy === 'throw')
    throw mismatch(who, 'a finite metric', metric, "or set nonFinite to 'bad' or 'ignore'")
  return policy === 'ignore'
}
