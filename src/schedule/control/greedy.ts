import { mismatch } from '../../core/mismatch.ts'
import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import { type Controller, comparing } from './controller.ts'
import { absoluteThreshold, better, type Goal, goal, nonFinitePolicy, skips } from './improvement.ts'

const options = {
  ...goal,
  /** Number that multiplies the schedule's factor to lower it, and divides it to raise it. @default 0.95 */
  factor: number({ above: 0, below: 1 }, 0.95),
  /** Number of good (bad) evaluations in a row to tolerate; the next raises (lowers) the factor. @default 10 */
  patience: integer({ min: 0 }, 10),
  /** Margin by which the mean of recent values must beat the best mean to be an improvement. @default 1e-6 */
  threshold: number({ min: 0 }, 1e-6),
  ...absoluteThreshold,
  /** Number of evaluations to ignore after the factor is lowered. @default 0 */
  cooldown: integer({ min: 0 }, 0),
  /** Number of evaluations to ignore after the factor is raised. @default 0 */
  warmup: integer({ min: 0 }, 0),
  /** Lower bound of the controller's factor, which multiplies the schedule. @default 0.01 */
  minFactor: number({ above: 0 }, 0.01),
  /** Upper bound of the controller's factor, which multiplies the schedule. @default 10 */
  maxFactor: number({ above: 0 }, 10),
  /** Number of latest values of the metric whose mean is compared with the best mean. @default 1 */
  windowSize: integer({ min: 1 }, 1),
  ...nonFinitePolicy,
}
export interface GreedyOptions extends OptionsOf<typeof options> {}

/** State of a `greedy` controller, as plain JSON. */
export interface GreedyState {
  readonly factor: number
  /** Best mean of `recent` so far; null before the first finite value of the metric. */
  readonly best: number | null
  /** Number of latest evaluations in a row that improved on the best mean. */
  readonly good: number
  /** Number of latest evaluations in a row that did not improve on the best mean. */
  readonly bad: number
  /** Number of evaluations still to be ignored after a change of the factor. */
  readonly wait: number
  /** The latest finite values of the metric, at most `windowSize` of them. */
  readonly recent: readonly number[]
}

/**
 * Raises the factor of a schedule while a metric improves, and lowers the factor while it does not.
 *
 *     raised    factor ← min(factor / options.factor, maxFactor)   after patience + 1 good evaluations in a row
 *     lowered   factor ← max(factor · options.factor, minFactor)   after patience + 1 bad evaluations in a row
 *
 * An evaluation is good if the mean of the last `windowSize` values of the metric is better than every such
 * mean before, and bad otherwise. A NaN or infinite value is left out of the mean. Unlike in Hugging Face, the
 * bounds apply to the factor, not to the learning rate, and there is no reset after many evaluations at
 * `minFactor`.
 *
 * Source: Subramanian & Ganapathiraman, https://arxiv.org/abs/2512.14527; Hugging Face's GreedyLR.
 */
export function greedy(given: GreedyOptions = {}): Controller<GreedyState> {
  const who = 'schedule.greedy'
  const values = readOptions(who, options, given)
  const { factor, patience, minFactor, maxFactor, windowSize } = values
  if (minFactor > maxFactor) throw mismatch(who, `maxFactor ≥ minFactor, which is ${minFactor}`, maxFactor)
  const inMode = (mode: Goal): Omit<Controller<GreedyState>, 'spec'> => ({
    initial: { factor: 1, best: null, good: 0, bad: 0, wait: 0, recent: [] },
    update(state, metric) {
      if (skips(who, values.nonFinite, metric)) return state
      const finite = Number.isFinite(metric)
      const recent = finite ? [...state.recent, metric].slice(-windowSize) : state.recent
      if (state.wait > 0) return { ...state, recent, good: 0, bad: 0, wait: state.wait - 1 }
      const mean = finite ? recent.reduce((sum, x) => sum + x, 0) / recent.length : metric
      const improved = better({ ...values, mode }, mean, state.best)
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
  })
  return comparing(who, values.mode, inMode, (mode) => specOf('greedy', { ...values, mode }))
}
