import { mismatch } from '../../core/mismatch.ts'
import { choice, integer, number, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import { type Controller, comparing } from './controller.ts'
import {
  better,
  type Goal,
  goal,
  type Judge,
  nonFinitePolicy,
  skips,
  type ThresholdMode,
} from './improvement.ts'

/** Framework to reproduce: each counts bad evaluations and cooldowns in its own way. */
export type PlateauPreset = 'torch' | 'keras' | 'optax'

const options = {
  /** Framework whose way of counting bad evaluations and cooldowns to follow. @default 'torch' */
  preset: choice<PlateauPreset>(['torch', 'keras', 'optax'], 'torch'),
  ...goal,
  /** Number by which each reduction multiplies the controller's factor. @default 0.1 */
  factor: number({ min: 0, below: 1 }, 0.1),
  /** Number of evaluations in a row without improvement to tolerate; see the presets. @default 10 */
  patience: integer({ min: 0 }, 10),
  /** Margin by which a value of the metric must beat the best so far to be an improvement. @default 1e-4 */
  threshold: number({ min: 0 }, 1e-4),
  /** Whether `threshold` is a fraction of the best value, or a difference. @default 'rel'; 'abs' for keras */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs']),
  /** Number of evaluations to ignore after a reduction. @default 0 */
  cooldown: integer({ min: 0 }, 0),
  /** Lower bound of the controller's factor, which multiplies the schedule. @default 0 */
  minFactor: number({ min: 0, max: 1 }, 0),
  /** A reduction that would lower the factor by no more than this is skipped. @default 1e-8; 0 for keras and optax */
  eps: number({ min: 0 }),
  /** Number of successive values of the metric whose mean counts as one evaluation. @default 1 */
  accumulationSize: integer({ min: 1 }, 1),
  ...nonFinitePolicy,
}
export interface ReduceOnPlateauOptions extends OptionsOf<typeof options> {}

/** State of a `reduceOnPlateau` controller, as plain JSON. */
export interface PlateauState {
  readonly factor: number
  /** Best value of the metric so far; null before the first finite value. */
  readonly best: number | null
  /** Number of latest evaluations in a row in which the metric did not improve. */
  readonly bad: number
  /** Number of evaluations left in the cooldown after a reduction. */
  readonly cooldown: number
  /** Sum of the metric's values since the last complete evaluation; null if one of them is not finite. */
  readonly sum: number | null
  /** Number of the metric's values since the last complete evaluation, below `accumulationSize`. */
  readonly count: number
}

type Rules = Omit<ValuesOf<typeof options>, 'mode'> & Judge & { readonly eps: number }

/**
 * Lowers the factor of a schedule when a metric has stopped improving.
 *
 *     improved  metric < best − threshold · |best| (rel) or best − threshold (abs); > and + if mode is 'max'
 *     reduced   factor ← max(factor · options.factor, minFactor)
 *
 * The preset determines after how many consecutive bad evaluations (without improvement) to reduce the factor:
 *
 * - `torch`: patience + 1. During a cooldown, bad evaluations do not count.
 * - `keras`: `patience`. The last evaluation of a cooldown counts as bad if it does not improve, a factor at
 *   its minimum starts no cooldown, and the threshold is absolute.
 * - `optax`: `patience`. During a cooldown, no evaluation counts.
 *
 * The margin is relative to |best|, so a constant metric of −1 never improves; in PyTorch and Optax it always
 * does. NaN is never the best metric; in Keras, a NaN that comes first is.
 *
 * Source: PyTorch's ReduceLROnPlateau, and its defaults; Keras's; Optax's contrib.reduce_on_plateau.
 */
export function reduceOnPlateau(given: ReduceOnPlateauOptions = {}): Controller<PlateauState> {
  const who = 'schedule.reduceOnPlateau'
  const values = readOptions(who, options, given)
  if (values.preset === 'optax' && values.patience === 0) {
    throw mismatch(who, 'patience ≥ 1 for optax', 0, 'with 0, Optax reduces at each improvement')
  }
  const thresholdMode = values.thresholdMode ?? (values.preset === 'keras' ? 'abs' : 'rel')
  const eps = values.eps ?? (values.preset === 'torch' ? 1e-8 : 0)
  const evaluate = { torch: torchStep, keras: kerasStep, optax: optaxStep }[values.preset]
  const inMode = (mode: Goal): Omit<Controller<PlateauState>, 'spec'> => ({
    initial: { factor: 1, best: null, bad: 0, cooldown: 0, sum: 0, count: 0 },
    update(state, metric) {
      if (skips(who, values.nonFinite, metric)) return state
      const sum = state.sum === null || !Number.isFinite(metric) ? null : state.sum + metric
      const count = state.count + 1
      if (count < values.accumulationSize) return { ...state, sum, count }
      const mean = sum === null ? NaN : sum / count
      return evaluate({ ...values, mode, thresholdMode, eps }, { ...state, sum: 0, count: 0 }, mean)
    },
    factor: (state) => state.factor,
    stop: () => false,
  })
  return comparing(who, values.mode, inMode, (mode) => specOf('reduceOnPlateau', { ...values, mode }))
}

function torchStep(rules: Rules, state: PlateauState, metric: number): PlateauState {
  const good = better(rules, metric, state.best)
  const cooling = state.cooldown > 0
  const bad = good || cooling ? 0 : state.bad + 1
  const next = { ...state, best: good ? metric : state.best, bad, cooldown: cooling ? state.cooldown - 1 : 0 }
  return bad > rules.patience
    ? { ...next, factor: reduced(rules, state), bad: 0, cooldown: rules.cooldown }
    : next
}

function kerasStep(rules: Rules, state: PlateauState, metric: number): PlateauState {
  const cooldown = Math.max(state.cooldown - 1, 0)
  const waited = state.cooldown > 0 ? 0 : state.bad
  if (better(rules, metric, state.best)) return { ...state, best: metric, bad: 0, cooldown }
  if (cooldown > 0) return { ...state, bad: waited, cooldown }
  const bad = waited + 1
  if (bad < rules.patience || state.factor <= rules.minFactor) return { ...state, bad, cooldown }
  return { ...state, factor: reduced(rules, state), bad: 0, cooldown: rules.cooldown }
}

function optaxStep(rules: Rules, state: PlateauState, metric: number): PlateauState {
  const good = better(rules, metric, state.best)
  const best = good ? metric : state.best
  if (state.cooldown > 0) return { ...state, best, bad: 0, cooldown: state.cooldown - 1 }
  const bad = good ? 0 : state.bad + 1
  if (bad !== rules.patience) return { ...state, best, bad }
  return { ...state, factor: reduced(rules, state), best, bad: 0, cooldown: rules.cooldown }
}

function reduced(rules: Rules, { factor }: PlateauState): number {
  const lower = Math.max(factor * rules.factor, rules.minFactor)
  return factor - lower > rules.eps ? lower : factor
}
