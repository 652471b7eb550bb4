import { mismatch } from '../../core/mismatch.ts'
import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { absoluteThreshold, better, goal, nonFinitePolicy, skips } from './improvement.ts'

const options = {
  ...goal,
  /** What lowering multiplies by and raising divides by. @default 0.95 */
  factor: number({ above: 0, below: 1 }, 0.95),
  /** Good or bad evaluations in a row to let pass before a change. @default 10 */
  patience: integer({ min: 0 }, 10),
  /** Margin over the best that counts as an improvement. @default 1e-6 */
  threshold: number({ min: 0 }, 1e-6),
  ...absoluteThreshold,
  /** Evaluations after lowering that do not count. @default 0 */
  cooldown: integer({ min: 0 }, 0),
  /** Evaluations after raising that do not count. @default 0 */
  warmup: integer({ min: 0 }, 0),
  /** Lowest factor. @default 0.01 */
  minFactor: number({ above: 0 }, 0.01),
  /** Highest factor. @default 10 */
  maxFactor: number({ above: 0 }, 10),
  /** Number of latest metrics to average before judging. @default 1 */
  windowSize: integer({ min: 1 }, 1),
  ...nonFinitePolicy,
}

export interface GreedyOptions extends OptionsOf<typeof options> {}

/** Plain JSON. `wait` is the number of coming evaluations that do not count. */
export interface GreedyState {
  readonly factor: number
  readonly best: number | null
  readonly good: number
  readonly bad: number
  readonly wait: number
  readonly recent: readonly number[]
}

/**
 * Raises a factor while a metric improves, and lowers it while it does not.
 *
 *     raised    factor ← min(factor / options.factor, maxFactor)   after patience + 1 good evaluations in a row
 *     lowered   factor ← max(factor · options.factor, minFactor)   after patience + 1 bad ones
 *
 * The bounds are factors, where Hugging Face's are learning rates, and there is no reset after a long time at
 * the lowest. A metric that is NaN or infinite and counts as bad stays out of the running mean.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: Subramanian & Ganapathiraman, https://arxiv.org/abs/2512.14527; Hugging Face's GreedyLR.
 */
export function greedy(given: GreedyOptions = {}): Controller<GreedyState> {
  const who = 'schedule.greedy'
  const values = readOptions(who, options, given)
  const { factor, patience, minFactor, maxFactor, windowSize } = values
  if (minFactor > maxFactor) throw mismatch(who, `maxFactor ≥ minFactor, which is ${minFactor}`, maxFactor)
  return {
    spec: specOf('greedy', values),
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
