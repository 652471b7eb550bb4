import { mismatch } from '../../core/mismatch.ts'
import { choice, integer, number, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { better, goal, type Judge, nonFinitePolicy, skips, type ThresholdMode } from './improvement.ts'

/** The framework whose way of counting to follow: they reduce at different evaluations. */
export type PlateauPreset = 'torch' | 'keras' | 'optax'

const options = {
  /** Framework whose way of counting to follow. @default 'torch' */
  preset: choice<PlateauPreset>(['torch', 'keras', 'optax'], 'torch'),
  ...goal,
  /** Factor of each reduction. @default 0.1 */
  factor: number({ min: 0, below: 1 }, 0.1),
  /** Bad evaluations to tolerate. @default 10 */
  patience: integer({ min: 0 }, 10),
  /** Margin over the best that counts as an improvement. @default 1e-4 */
  threshold: number({ min: 0 }, 1e-4),
  /** Whether the threshold is a share of |best| or a difference. @default 'rel', and 'abs' for keras */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs']),
  /** Evaluations after a reduction that do not count. @default 0 */
  cooldown: integer({ min: 0 }, 0),
  /** Lowest factor. @default 0 */
  minFactor: number({ min: 0, max: 1 }, 0),
  /** Smallest change of the factor worth making. @default 1e-8, and 0 for keras and optax */
  eps: number({ min: 0 }),
  /** Evaluations to average into one. @default 1 */
  accumulationSize: integer({ min: 1 }, 1),
  ...nonFinitePolicy,
}

export interface ReduceOnPlateauOptions extends OptionsOf<typeof options> {}

/** Plain JSON. `best` is null before the first finite metric, `sum` after a metric that is not finite. */
export interface PlateauState {
  readonly factor: number
  readonly best: number | null
  readonly bad: number
  readonly cooldown: number
  readonly sum: number | null
  readonly count: number
}

type Rules = ValuesOf<typeof options> & Judge & { readonly eps: number }

/**
 * Lowers a factor when a metric has stopped improving.
 *
 *     better    metric < best − threshold · |best| (rel), metric < best − threshold (abs); mirrored for 'max'
 *     reduced   factor ← max(factor · options.factor, minFactor)
 *
 * The presets count as the frameworks do:
 *
 * - `torch` reduces at bad evaluation number patience + 1. During a cooldown bad ones do not count, good ones
 * do.
 * - `keras` reduces at bad evaluation number `patience`; the evaluation that ends a cooldown already counts; a
 *   factor at its minimum starts no cooldown. Its threshold is absolute.
 * - `optax` reduces at bad evaluation number `patience`, and exactly then.
 *
 * With |best| in the margin a negative metric works; in PyTorch and Optax, -1 is forever better than -1. NaN
 * never becomes the best, as the first one does in Keras.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: PyTorch's ReduceLROnPlateau, and its defaults; Keras's; Optax's contrib.reduce_on_plateau.
 */
export function reduceOnPlateau(given: ReduceOnPlateauOptions = {}): Controller<PlateauState> {
  const who = 'schedule.reduceOnPlateau'
  const values = readOptions(who, options, given)
  if (values.preset === 'optax' && values.patience === 0) {
    throw mismatch(who, 'patience ≥ 1 for optax', 0, 'with 0, Optax reduces at each improvement')
  }
  const thresholdMode = values.thresholdMode ?? (values.preset === 'keras' ? 'abs' : 'rel')
  const rules = { ...values, thresholdMode, eps: values.eps ?? (values.preset === 'torch' ? 1e-8 : 0) }
  const judge = { torch: torchStep, keras: kerasStep, optax: optaxStep }[values.preset]
  return {
    spec: specOf('reduceOnPlateau', values),
    initial: { factor: 1, best: null, bad: 0, cooldown: 0, sum: 0, count: 0 },
    update(state, metric) {
      if (skips(who, values.nonFinite, metric)) return state
      const sum = state.sum === null || !Number.isFinite(metric) ? null : state.sum + metric
      const count = state.count + 1
      if (count < values.accumulationSize) return { ...state, sum, count }
      const mean = sum === null ? NaN : sum / count
      return judge(rules, { ...state, sum: 0, count: 0 }, mean)
    },
    factor: (state) => state.factor,
    stop: () => false,
  }
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
