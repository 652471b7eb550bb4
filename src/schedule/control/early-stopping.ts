import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { absoluteThreshold, better, goal, nonFinitePolicy, skips } from './improvement.ts'

const options = {
  ...goal,
  /** Evaluations in a row without improvement that end training. @default 10 */
  patience: integer({ min: 1 }, 10),
  /** Margin over the best that counts as an improvement. @default 0 */
  threshold: number({ min: 0 }, 0),
  ...absoluteThreshold,
  ...nonFinitePolicy,
}

export interface EarlyStoppingOptions extends OptionsOf<typeof options> {}

/** Plain JSON. `bestAt` is the number of the best evaluation, from 0; `seen` counts them all. */
export interface EarlyStoppingState {
  readonly best: number | null
  readonly bestAt: number | null
  readonly bad: number
  readonly seen: number
}

/**
 * Ends training when a metric has not improved for `patience` evaluations in a row. Its factor is always 1.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3; counted as Keras's EarlyStopping does.
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
