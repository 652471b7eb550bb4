import { choice, integer } from '../field.ts'
import { readValues, specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { better, type Goal, mode, type NonFinite, nonFinite, skips, threshold } from './improvement.ts'

export interface EarlyStoppingOptions {
  /** Whether a lower ('min', the default) or a higher metric is better. */
  readonly mode?: Goal
  /** Evaluations in a row without improvement that end training, a whole number >= 1; 10 unless given. */
  readonly patience?: number
  /** How much better than the best counts as better, >= 0; 0 unless given. */
  readonly threshold?: number
  /** Whether the threshold is a share of |best| or a difference ('abs', the default). */
  readonly thresholdMode?: 'rel' | 'abs'
  /** What a metric that is no finite number does; 'bad' unless given. */
  readonly nonFinite?: NonFinite
}

/** Plain JSON. `bestAt` is the number of the best evaluation, from 0; `seen` counts them all. */
export interface EarlyStoppingState {
  readonly best: number | null
  readonly bestAt: number | null
  readonly bad: number
  readonly seen: number
}

const who = 'schedule.earlyStopping'

const fields = {
  mode,
  patience: integer(
    'the number of evaluations in a row without improvement that end training',
    { min: 1 },
    10,
  ),
  threshold: threshold(0),
  thresholdMode: choice('whether the threshold is a share of |best| or a difference', ['rel', 'abs'], 'abs'),
  nonFinite,
}

/**
 * Says when a metric has not improved for `patience` evaluations in a row. Its factor is always 1.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3; counted as Keras's EarlyStopping does.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Controller<EarlyStoppingState> {
  const values = readValues(who, fields, options)
  return {
    spec: specOf('earlyStopping', fields, values),
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
