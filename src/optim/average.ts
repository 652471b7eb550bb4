import { isFloat } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { setName } from '../core/names.ts'
import { filled, hyperparameter, Variable } from '../core/variable.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { BatchNormPolicy, EvaluationWeights } from './evaluation.ts'
import { type Hyperparameter, hyperparameterAt } from './hyperparameter.ts'
import { checkOptions, decay, flag, integer, type Options, oneOf } from './options.ts'

/** Averages of the weights along the way: what evaluation uses, while training goes on as it would without. */
export type Average = Ema | Swa

interface Averaging {
  /** Steps from one update of the average to the next, ≥ 1; 1. */
  readonly every?: number
  /** Where running statistics come from in evaluation; `recalibrate`. */
  readonly batchNorm?: BatchNormPolicy
}

/**
 * The exponential moving average: a ← decay · a + (1 − decay) · w. The first update copies the weights.
 *
 * With `warmup`, the decay of update n, counted from 0, is at most (1 + n)/(10 + n), so that the first steps are
 * soon forgotten.
 *
 * Source: Polyak & Juditsky 1992, https://doi.org/10.1137/0330046; the warmup is TensorFlow's
 * `ExponentialMovingAverage` with `num_updates`.
 */
export interface Ema extends Averaging {
  readonly type: 'ema'
  /** The weight of the old, in [0, 1), or a schedule of it; 0.999. */
  readonly decay?: Hyperparameter
  /** Whether it forgets faster at first; false. */
  readonly warmup?: boolean
}

/**
 * The plain mean of the weights after step `start`, after `every` further steps, and so on: a ← a + (w − a)/(n + 1).
 * Before that, it is the weights themselves.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407, algorithm 1.
 */
export interface Swa extends Averaging {
  readonly type: 'swa'
  /** The first step, counted from 0, after which the weights are taken. */
  readonly start: number
}

const tables: Readonly<Record<string, Options>> = {
  ema: { decay, warmup: flag },
  swa: { start: integer(0) },
}
const common: Options = { every: integer(1), batchNorm: oneOf('recalibrate', 'average', 'copy') }

/** The options of a kind of average. */
export function averageTable(who: string, average: unknown): Options {
  const type = (average as { readonly type?: unknown } | null | undefined)?.type
  const own = typeof type === 'string' && Object.hasOwn(tables, type) ? tables[type] : undefined
  if (own) return { ...own, ...common }
  throw mismatch(who, "average as { type: 'ema', … } or { type: 'swa', … }", average)
}

/** @throws {ArgumentError} when it is no average. */
export function checkAverage(who: string, average: Average): Average {
  const { type, ...options } = average
  checkOptions(`${who}: average`, averageTable(who, average), options, type === 'swa' ? ['start'] : [])
  return average
}

/**
 * The weight of the newest weights in the average, after step `step`.
 *
 * 1 copies them, 0 leaves the average as it is.
 */
export function newest(average: Average, step: number): number {
  const { every = 1 } = average
  const since = step - (average.type === 'swa' ? average.start : 0)
  if (since < 0) return 1
  if (since % every !== 0) return 0
  const n = since / every
  if (average.type === 'swa') return 1 / (n + 1)
  const old = hyperparameterAt(average.decay ?? 0.999, step)
  return n === 0 ? 1 : 1 - (average.warmup ? Math.min(old, (1 + n) / (10 + n)) : old)
}

/** The averages of a model's variables. */
export interface Averages {
  readonly state: ReadonlyMap<string, Variable>
  readonly evaluation: EvaluationWeights
  /** While a step is traced, after weights were assigned: assign every average its next value. */
  update(): void
}

/** Averages of trained weights, and of running statistics where these are averaged too. */
export function averages(average: Average, weights: ReadonlyMap<string, Variable>): Averages {
  const { batchNorm = 'recalibrate' } = average
  const followed = [...weights].filter(
    ([, v]) => v.trainable || (batchNorm === 'average' && isFloat(v.dtype)),
  )
  const pairs = followed.map(([name, v]) => [v, meanOf(v, `${average.type}.${name}`)] as const)
  return {
    state: new Map(pairs.map(([, mean], i) => [`${average.type}.${followed[i]![0]}`, mean])),
    evaluation: { variables: new Map(pairs), batchNorm },
    update() {
      const dtype = pairs[0]?.[0].dtype ?? 'float32'
      const fresh = hyperparameter((step) => newest(average, step), dtype)
      const old = hyperparameter((step) => 1 - newest(average, step), dtype)
      for (const [v, mean] of pairs) mean.assign(add(mul(mean.value, old), mul(v.value, fresh)))
    },
  }
}

/** The first update copies the weights, so that what a mean holds at first is not used. */
function meanOf(of: Variable, name: string): Variable {
  const mean = new Variable(of.shape, filled(0), { trainable: false, dtype: of.dtype })
  setName(mean, name)
  mean.initialize(0)
  return mean
}
