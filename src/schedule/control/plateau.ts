import { mismatch } from '../../core/mismatch.ts'
import { choice, integer, maybeChoice, maybeNumber, number, type Values } from '../field.ts'
import { readValues, specOf } from '../kind.ts'
import type { Controller } from './controller.ts'
import {
  better,
  type Goal,
  type Judge,
  mode,
  type NonFinite,
  nonFinite,
  skips,
  threshold,
} from './improvement.ts'

/** Whose way of counting: they reduce at different evaluations. */
export type PlateauPreset = 'torch' | 'keras' | 'optax'

export interface ReduceOnPlateauOptions {
  /** Whose way of counting; 'torch' unless given. */
  readonly preset?: PlateauPreset
  /** Whether a lower ('min', the default) or a higher metric is better. */
  readonly mode?: Goal
  /** What a reduction multiplies by, between 0 and 1; 0.1 unless given. */
  readonly factor?: number
  /** Bad evaluations to put up with, a whole number >= 0; 10 unless given. */
  readonly patience?: number
  /** How much better than the best counts as better, >= 0; 1e-4 unless given. */
  readonly threshold?: number
  /** Whether the threshold is a share of |best| or a difference; 'rel' unless given, 'abs' for keras. */
  readonly thresholdMode?: 'rel' | 'abs'
  /** Evaluations after a reduction that do not count, a whole number >= 0; 0 unless given. */
  readonly cooldown?: number
  /** The lowest factor, from 0 to 1; 0 unless given. */
  readonly minFactor?: number
  /** The smallest change of the factor worth making, >= 0; 1e-8 unless given, 0 for keras and optax. */
  readonly eps?: number
  /** Evaluations whose mean is one, a whole number >= 1; 1 unless given. */
  readonly accumulationSize?: number
  /** What a metric that is no finite number does; 'bad' unless given. */
  readonly nonFinite?: NonFinite
}

/** Plain JSON. `best` is null before the first finite metric, `sum` when one of the `count` was not finite. */
export interface PlateauState {
  readonly factor: number
  readonly best: number | null
  readonly bad: number
  readonly cooldown: number
  readonly sum: number | null
  readonly count: number
}

const who = 'schedule.reduceOnPlateau'

const fields = {
  preset: choice('whose way of counting', ['torch', 'keras', 'optax'], 'torch'),
  mode,
  factor: number('what a reduction multiplies by', { min: 0, below: 1 }, 0.1),
  patience: integer('the number of bad evaluations to put up with', { min: 0 }, 10),
  threshold: threshold(1e-4),
  thresholdMode: maybeChoice('whether the threshold is a share of |best| or a difference', ['rel', 'abs']),
  cooldown: integer('the number of evaluations after a reduction that do not count', { min: 0 }, 0),
  minFactor: number('the lowest factor', { min: 0, max: 1 }, 0),
  eps: maybeNumber('the smallest change of the factor worth making', { min: 0 }),
  accumulationSize: integer('the number of evaluations whose mean is one', { min: 1 }, 1),
  nonFinite,
}

type Rules = Values<typeof fields> & Judge

/**
 * Lowers a factor when a metric has stopped improving.
 *
 *     better    metric < best − threshold · |best| (rel), or metric < best − threshold (abs); mirrored for 'max'
 *     reduced   factor ← max(factor · options.factor, minFactor)
 *
 * The presets count as the frameworks do:
 *
 * - `torch` reduces at bad evaluation number patience + 1. During a cooldown bad ones do not count, good ones do.
 * - `keras` reduces at bad evaluation number `patience`; the evaluation that ends a cooldown already counts; a
 *   factor at its minimum starts no cooldown. Its threshold is absolute.
 * - `optax` reduces at bad evaluation number `patience`, and exactly then.
 *
 * With |best| in the margin a negative metric works; in PyTorch and Optax, -1 is forever better than -1. NaN never
 * becomes the best, as the first one does in Keras.
 *
 * @throws {ArgumentError} for a bad option, or at a non-finite metric when `nonFinite` is 'throw'
 * Source: PyTorch's ReduceLROnPlateau, and its defaults; Keras's; Optax's contrib.reduce_on_plateau.
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Controller<PlateauState> {
  const values = readValues(who, fields, options)
  if (values.preset === 'optax' && values.patience === 0) {
    throw mismatch(who, 'patience >= 1 for optax', 0, 'with 0, Optax reduces at each improvement')
  }
  const thresholdMode = values.thresholdMode ?? (values.preset === 'keras' ? 'abs' : 'rel')
  const rules = { ...values, thresholdMode, eps: values.eps ?? (values.preset === 'torch' ? 1e-8 : 0) }
  const judge = { torch: torchStep, keras: kerasStep, optax: optaxStep }[values.preset]
  return {
    spec: specOf('reduceOnPlateau', fields, values),
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
  return factor - lower > (rules.eps ?? 0) ? lower : factor
}
