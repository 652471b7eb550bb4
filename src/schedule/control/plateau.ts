import { mismatch } from '../../core/mismatch.ts'
import { choice, integer, number, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import { specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import { better, goal, type Judge, nonFinitePolicy, skips, type ThresholdMode } from './improvement.ts'

/** Framework whose rule for counting evaluations to follow. */
export type PlateauPreset = 'torch' | 'keras' | 'optax'

const options = {
  /** Framework whose rule for counting evaluations to follow. @default 'torch' */
  preset: choice<PlateauPreset>(['torch', 'keras', 'optax'], 'torch'),
  ...goal,
  /** Ratio of each reduction. @default 0.1 */
  factor: number({ min: 0, below: 1 }, 0.1),
  /** Number of consecutive bad evaluations to tolerate. @default 10 */
  patience: integer({ min: 0 }, 10),
  /** Smallest margin over the best metric that counts as an improvement. @default 1e-4 */
  threshold: number({ min: 0 }, 1e-4),
  /** Unit of the threshold: a fraction of |best|, or a difference. @default 'rel'; 'abs' for keras */
  thresholdMode: choice<ThresholdMode>(['rel', 'abs']),
  /** Number of evaluations to ignore after a reduction. @default 0 */
  cooldown: integer({ min: 0 }, 0),
  /** Lowest factor. @default 0 */
  minFactor: number({ min: 0, max: 1 }, 0),
  /** Smallest change of the factor: a smaller reduction is not made. @default 1e-8; 0 for keras and optax */
  eps: number({ min: 0 }),
  /** Number of metrics to average into one evaluation. @default 1 */
  accumulationSize: integer({ min: 1 }, 1),
  ...nonFinitePolicy,
}
export interface ReduceOnPlateauOptions extends OptionsOf<typeof options> {}

/** State of `reduceOnPlateau`, as plain JSON. */
export interface PlateauState {
  readonly factor: number
  /** Best metric; null before the first finite one. */
  readonly best: number | null
  /** Number of consecutive bad evaluations. */
  readonly bad: number
  /** Number of evaluations still to ignore. */
  readonly cooldown: number
  /** Sum of the metrics since the last evaluation; null if one is not finite. */
  readonly sum: number | null
  /** Number of metrics since the last evaluation. */
  readonly count: number
}

type Rules = ValuesOf<typeof options> & Judge & { readonly eps: number }

/**
 * Lowers a factor when a metric has stopped improving.
 *
 *     good      metric < best − threshold · |best| (rel), metric < best − threshold (abs); mirrored for 'max'
 *     reduced   factor ← max(factor · options.factor, minFactor)
 *
 * The preset determines after how many consecutive bad evaluations:
 *
 * - `torch`: patience + 1. A cooldown ignores bad evaluations only.
 * - `keras`: `patience`. The evaluation that ends a cooldown counts, a factor at its minimum starts no
 *   cooldown, and the threshold is absolute.
 * - `optax`: exactly `patience`.
 *
 * The margin uses |best|, so negative metrics work; in PyTorch and Optax, a constant -1 always improves. NaN is
 * never the best metric; in Keras it is, if it comes first.
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
  const rules = { ...values, thresholdMode, eps: values.eps ?? (values.preset === 'torch' ? 1e-8 : 0) }
  const evaluate = { torch: torchStep, keras: kerasStep, optax: optaxStep }[values.preset]
  return {
    spec: specOf('reduceOnPlateau', values),
    initial: { factor: 1, best: null, bad: 0, cooldown: 0, sum: 0, count: 0 },
    update(state, metric) {
      if (skips(who, values.nonFinite, metric)) return state
      const sum = state.sum === null || !Number.isFinite(metric) ? null : state.sum + metric
      const count = state.count + 1
      if (count < values.accumulationSize) return { ...state, sum, count }
      const mean = sum === null ? NaN : sum / count
      return evaluate(rules, { ...state, sum: 0, count: 0 }, mean)
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
