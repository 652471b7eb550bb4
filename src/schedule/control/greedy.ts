import { mismatch } from '../../core/mismatch.ts'
import { choice, integer, number } from '../field.ts'
import { readValues, specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { better, type Goal, mode, type NonFinite, nonFinite, skips, threshold } from './improvement.ts'

export interface GreedyOptions {
  /** Whether a lower ('min', the default) or a higher metric is better. */
  readonly mode?: Goal
  /** What lowering multiplies by and raising divides by, between 0 and 1; 0.95 unless given. */
  readonly factor?: number
  /** Good or bad evaluations in a row before a change is one fewer than needed, >= 0; 10 unless given. */
  readonly patience?: number
  /** How much better than the best counts as better, >= 0; 1e-6 unless given. */
  readonly threshold?: number
  /** Whether the threshold is a share of |best| or a difference ('abs', the default). */
  readonly thresholdMode?: 'rel' | 'abs'
  /** Evaluations after lowering that do not count, >= 0; 0 unless given. */
  readonly cooldown?: number
  /** Evaluations after raising that do not count, >= 0; 0 unless given. */
  readonly warmup?: number
  /** The lowest factor, > 0; 0.01 unless given. */
  readonly minFactor?: number
  /** The highest factor; 10 unless given. */
  readonly maxFactor?: number
  /** Metrics whose running mean is judged, a whole number >= 1; 1 unless given. */
  readonly windowSize?: number
  /** What a metric that is no finite number does; 'bad' unless given. */
  readonly nonFinite?: NonFinite
}

/** Plain JSON. `wait` counts down the evaluations that do not count. */
export interface GreedyState {
  readonly factor: number
  readonly best: number | null
  readonly good: number
  readonly bad: number
  readonly wait: number
  readonly recent: readonly number[]
}

const who = 'schedule.greedy'

const fields = {
  mode,
  factor: number('what lowering multiplies by and raising divides by', { above: 0, below: 1 }, 0.95),
  patience: integer('one fewer than the evaluations in a row that a change takes', { min: 0 }, 10),
  threshold: threshold(1e-6),
  thresholdMode: choice('whether the threshold is a share of |best| or a difference', ['rel', 'abs'], 'abs'),
  cooldown: integer('the number of evaluations after lowering that do not count', { min: 0 }, 0),
  warmup: integer('the number of evaluations after raising that do not count', { min: 0 }, 0),
  minFactor: number('the lowest factor', { above: 0 }, 0.01),
  maxFactor: number('the highest factor', { above: 0 }, 10),
  windowSize: integer('the number of metrics whose mean is judged', { min: 1 }, 1),
  nonFinite,
}

/**
 * Raises a factor while a metric improves, and lowers it while it does not.
 *
 *     raised    factor ← min(factor / options.factor, maxFactor)     after patience + 1 good evaluations in a row
 *     lowered   factor ← max(factor · options.factor, minFactor)     after patience + 1 bad ones
 *
 * The bounds are factors, where Hugging Face's are learning rates, and there is no reset after a long time at the
 * lowest. A metric that is no finite number and counts as bad stays out of the running mean.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: Subramanian & Ganapathiraman, https://arxiv.org/abs/2512.14527; Hugging Face's GreedyLR.
 */
export function greedy(options: GreedyOptions = {}): Controller<GreedyState> {
  const values = readValues(who, fields, options)
  const { factor, patience, minFactor, maxFactor, windowSize } = values
  if (minFactor > maxFactor) throw mismatch(who, `maxFactor >= minFactor, which is ${minFactor}`, maxFactor)
  return {
    spec: specOf('greedy', fields, values),
    initial: { factor: 1, best: null, good: 0, bad: 0, wait: 0, recent: [] },
    update(state, metric) {
      if (skips(who, values.nonFinite, metric)) return state
      const finite = Number.isFinite(metric)
      const recent = finite ? [...state.recent, metric].slice(-windowSize) : state.recent
      if (state.wait > 0) return { ...state, recent, good: 0, bad: 0, wait: state.wait - 1 }
      const mean = finite ? recent.reduce((sum, x) => sum + x, 0) / recent.length : metric
      const improved = better(values, mean, state.best)
      const next: GreedyState = {
        ...state,
        recent,
        best: improved ? mean : state.best,
        good: improved ? state.good + 1 : 0,
        bad: improved ? 0 : state.bad + 1,
      }
      if (next.good > patience) {
        return { ...next, factor: Math.min(state.factor / factor, maxFactor), good: 0, wait: values.warmup }
      }
      if (next.bad > patience) {
        return { ...next, factor: Math.max(state.factor * factor, minFactor), bad: 0, wait: values.cooldown }
      }
      return next
    },
    factor: (state) => state.factor,
    stop: () => false,
  }
}
