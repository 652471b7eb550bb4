import { isFloat } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { setName } from '../core/names.ts'
import {
  boolean,
  choice,
  type Declared,
  integer,
  number,
  type OptionsOf,
  readOptions,
  required,
  scheduled,
  type ValuesOf,
} from '../core/options.ts'
import { filled, hyperparameter, hyperparameterAt, Variable } from '../core/variable.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { EvaluationWeights } from './evaluation.ts'

const common = {
  /** Steps from one update of the average to the next. @default 1 */
  every: integer({ min: 1 }, 1),
  /** Source of the running statistics in evaluation. @default 'recalibrate' */
  batchNorm: choice(['recalibrate', 'average', 'copy'], 'recalibrate'),
}

const kinds = {
  ema: {
    /** Weight of the previous average. @default 0.999 */
    decay: scheduled(number({ min: 0, below: 1 }, 0.999)),
    /** Whether it forgets faster at first. @default false */
    warmup: boolean(false),
    ...common,
  },
  swa: {
    /** First step, counted from 0, whose weights count. */
    start: required(integer({ min: 0 })),
    ...common,
  },
}

/** Averages of the weights along the way: evaluation uses them, and training continues as it would without. */
export type Average = Ema | Swa

/**
 * The exponential moving average: a ← decay · a + (1 − decay) · w. The first update copies the weights.
 *
 * With `warmup`, the decay of update n, counted from 0, is at most (1 + n)/(10 + n), so that the first steps
 * are soon forgotten.
 *
 * Source: Polyak & Juditsky 1992, https://doi.org/10.1137/0330046; the warmup is TensorFlow's
 * `ExponentialMovingAverage` with `num_updates`.
 */
export interface Ema extends OptionsOf<typeof kinds.ema> {
  readonly type: 'ema'
}

/**
 * The plain mean of the weights after step `start`, after `every` further steps, and so on: a ← a + (w − a)/(n
 * + 1). Before that, the weights themselves.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407, algorithm 1.
 */
export interface Swa extends OptionsOf<typeof kinds.swa> {
  readonly type: 'swa'
}

/** An average as it is read: checked, with defaults. */
export type Averaging =
  | ({ readonly type: 'ema' } & ValuesOf<typeof kinds.ema>)
  | ({ readonly type: 'swa' } & ValuesOf<typeof kinds.swa>)

/** The options of a kind of average. @throws {ArgumentError} when it is of neither kind. */
export function averageOptions(who: string, average: unknown): Declared {
  const type = (average as { readonly type?: unknown } | null | undefined)?.type
  if (type === 'ema' || type === 'swa') return kinds[type]
  throw mismatch(who, "average as { type: 'ema', … } or { type: 'swa', … }", average)
}

/** Checks an average and fills in defaults. @throws {ArgumentError} when it is none. */
export function readAverage(who: string, average: Average): Averaging {
  const declared = averageOptions(who, average)
  const { type, ...options } = average
  return { type, ...readOptions(`${who}: average`, declared, options) } as Averaging
}

/**
 * Weight of the current weights in the average, after step `step`: 1 copies them, 0 leaves the average
 * unchanged.
 */
function newest(average: Averaging, step: number): number {
  const { every } = average
  const since = step - (average.type === 'swa' ? average.start : 0)
  if (since < 0) return 1
  if (since % every !== 0) return 0
  const n = since / every
  if (average.type === 'swa') return 1 / (n + 1)
  const old = hyperparameterAt(average.decay, step)
  return n === 0 ? 1 : 1 - (average.warmup ? Math.min(old, (1 + n) / (10 + n)) : old)
}

/** The averages of a model's variables. */
export interface Averages {
  readonly state: ReadonlyMap<string, Variable>
  readonly evaluation: EvaluationWeights
  /** While a step is traced, after weights were assigned: assigns every average its next value. */
  update(): void
}

/** Averages of trained weights, and of running statistics if these are averaged too. */
export function averages(average: Averaging, weights: ReadonlyMap<string, Variable>): Averages {
  const { type, batchNorm } = average
  const pairs = [...weights]
    .filter(([, v]) => v.trainable || (batchNorm === 'average' && isFloat(v.dtype)))
    .map(([name, v]) => ({ v, name: `${type}.${name}`, mean: meanOf(v, `${type}.${name}`) }))
  return {
    state: new Map(pairs.map(({ name, mean }) => [name, mean])),
    evaluation: { variables: new Map(pairs.map(({ v, mean }) => [v, mean])), batchNorm },
    update() {
      const dtype = pairs[0]?.v.dtype ?? 'float32'
      const fed = (value: (step: number) => number) => hyperparameter(value, dtype, `optimizer.average.decay`)
      const fresh = fed((step) => newest(average, step))
      const old = fed((step) => 1 - newest(average, step))
      for (const { v, mean } of pairs) mean.assign(add(mul(mean.value, old), mul(v.value, fresh)))
    },
  }
}

/**
 * A variable for the mean of another. The first update copies the weights, so its initial value is not used.
 */
function meanOf(of: Variable, name: string): Variable {
  const mean = new Variable(of.shape, filled(0), { trainable: false, dtype: of.dtype })
  setName(mean, name)
  mean.initialize(0)
  return mean
}
