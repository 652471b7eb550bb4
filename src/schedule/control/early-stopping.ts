import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import { counted, figure } from '../../core/text.ts'
import { specOf } from '../kind.ts'
import { type Controller, comparing } from './controller.ts'
import { absoluteThreshold, better, type Goal, goal, nonFinitePolicy, skips } from './improvement.ts'

const options = {
  ...goal,
  /** Number of evaluations of the metric in a row without improvement after which training ends. @default 10 */
  patience: integer({ min: 1 }, 10),
  /** Margin by which a value of the metric must beat the best so far to be an improvement. @default 0 */
  threshold: number({ min: 0 }, 0),
  ...absoluteThreshold,
  ...nonFinitePolicy,
}
export interface EarlyStoppingOptions extends OptionsOf<typeof options> {}

/** State of an `earlyStopping` controller, as plain JSON. */
export interface EarlyStoppingState {
  /** Best value of the metric so far; null before the first finite value. */
  readonly best: number | null
  /** Index, from 0, of the evaluation with the best value; null before the first finite value. */
  readonly bestAt: number | null
  /** Number of evaluations of the metric since its best value. */
  readonly bad: number
  /** Number of evaluations of the metric so far. */
  readonly seen: number
}

/**
 * Ends training when a metric has not improved for `patience` evaluations in a row. It does not change the
 * schedule: the factor is always 1.
 *
 * Source: Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3; counts as Keras's EarlyStopping does.
 */
export function earlyStopping(given: EarlyStoppingOptions = {}): Controller<EarlyStoppingState> {
  const who = 'schedule.earlyStopping'
  const values = readOptions(who, options, given)
  const inMode = (mode: Goal): Omit<Controller<EarlyStoppingState>, 'spec'> => ({
    initial: { best: null, bestAt: null, bad: 0, seen: 0 },
    update(state, metric) {
      const seen = state.seen + 1
      if (skips(who, values.nonFinite, metric)) return { ...state, seen }
      if (!better({ ...values, mode }, metric, state.best)) return { ...state, bad: state.bad + 1, seen }
      return { best: metric, bestAt: state.seen, bad: 0, seen }
    },
    factor: () => 1,
    stop: (state) => state.bad >= values.patience,
    reason: ({ best, bestAt, bad }) =>
      best === null
        ? `was not finite in ${counted(bad, 'evaluation')}`
        : `did not improve in ${counted(bad, 'evaluation')} after number ${bestAt! + 1}, where it was ${figure(best, 4)}`,
  })
  return comparing(who, values.mode, inMode, (mode) => specOf('earlyStopping', { ...values, mode }))
}
