import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { absoluteThreshold, better, goal, nonFinitePolicy, skips } from './improvement.ts'

const options = {
  ...goal,
  /** Number of consecutive evaluations without improvement that end training. @default 10 */
  patience: integer({ min: 1 }, 10),
  /** Smallest margin over the best metric that counts as an improvement. @default 0 */
  threshold: number({ min: 0 }, 0),
  ...absoluteThreshold,
  ...nonFinitePolicy,
}
export interface EarlyStoppingOptions extends OptionsOf<typeof options> {}

/** State of `earlyStopping`, as plain JSON. */
export interface EarlyStoppingState {
  /** Best metric; null before the first finite one. */
  readonly best: number | null
  /** Index of the evaluation with the best metric, from 0; null before the first. */
  readonly bestAt: number | null
  /** Number of bad evaluations since the best. */
  readonly bad: number
  /** Number of evaluations. */
  readonly seen: number
}

/**
 * Ends training when a metric has not improved for `patience` evaluations in a row. The factor is always 1.
 *
 * Source: Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3; counts as Keras's EarlyStopping does.
 */
export function earlyStopping(given: EarlyStoppingOptions = {}): Controller<EarlyStoppingState> {
  const who = 'schedule.earlyStopping'
  const values = readOptions(who, options, given)
  return {
    spec: specOf('earlyStopping', values),
    initial: { best: null, bestAt: null, bad: 0, seen: 0 },
    update(state, metric) {
      const seen = state.seen + 1
      if (skips(who, values.nonFinite, metric)) return { ...state, seen }
      if (!better(values, metric, state.best)) return { ...state, bad: state.bad + 1, seen }
      return { best: metric, bestAt: state.seen, bad: 0, seen }
    },
    factor: () => 1,
    stop: (state) => state.bad >= values.patience,
  }
}
