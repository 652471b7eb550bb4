import { boundedAt } from '../core/bounds.ts'
import { isFloat } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import {
  boolean,
  choice,
  type Declared,
  integer,
  number,
  type OptionsOf,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { hyperparameter, hyperparameterAt, type Variable } from '../core/variable.ts'
import { add, mul, sub } from '../ops/arithmetic.ts'
import { schedulable } from '../schedule/schedulable.ts'
import { joinedVariables, places } from './block.ts'
import type { EvaluationWeights } from './evaluation.ts'
import { stateOf } from './state.ts'

const common = {
  /** Number of optimizer steps from one update of the average to the next. @default 1 */
  every: integer({ min: 1 }, 1),
  /** BN statistics for averaged weights: remeasured, averaged like the weights, or copied. @default 'recalibrate' */
  batchNorm: choice(['recalibrate', 'average', 'copy'], 'recalibrate'),
}

const decayBounds = { min: 0, below: 1 }

const kinds = {
  ema: {
    /** Decay of the average per update: the factor that multiplies its previous value. @default 0.999 */
    decay: schedulable(number(decayBounds, 0.999)),
    /** Whether to lower the decay of update n (from 0) to at most (1 + n)/(10 + n). @default false */
    warmup: boolean(false),
    ...common,
  },
  swa: {
    /** Step, counted from 0, after which the weights enter the average for the first time. */
    start: required(integer({ min: 0 })),
    ...common,
  },
}

/** Options of an average of the weights over steps. Evaluation uses the average; training is unaffected. */
export type Average = Ema | Swa

/**
 * Exponential moving average a of the weights w: a ← decay · a + (1 − decay) · w; the first update is a ← w.
 *
 * With `warmup`, the decay of update n, counted from 0, is at most (1 + n)/(10 + n), so that early weights do
 * not dominate the average.
 *
 * Source: Polyak & Juditsky 1992, https://doi.org/10.1137/0330046; the warmup is TensorFlow's
 * `ExponentialMovingAverage` with `num_updates`.
 */
export interface Ema extends OptionsOf<typeof kinds.ema> {
  readonly type: 'ema'
}

/**
 * Arithmetic mean a of the weights w after steps start, start + every, start + 2 · every, …: update n, counted
 * from 0, is a ← a + (w − a)/(n + 1). Before step `start`, a equals w.
 *
 * Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407, algorithm 1.
 */
export interface Swa extends OptionsOf<typeof kinds.swa> {
  readonly type: 'swa'
}

/** Options of an average after checking, with defaults filled in. */
export type Averaging =
  | ({ readonly type: 'ema' } & ValuesOf<typeof kinds.ema>)
  | ({ readonly type: 'swa' } & ValuesOf<typeof kinds.swa>)

/** Returns the options of averaged weights of type `average.type`. @throws {ArgumentError} when there is no such type */
export function averageOptions(who: string, average: unknown): Declared {
  const type = (average as { readonly type?: unknown } | null | undefined)?.type
  if (type === 'ema' || type === 'swa') return kinds[type]
  throw mismatch(who, "average as { type: 'ema', … } or { type: 'swa', … }", average)
}

/** Checks the options of an average and fills in defaults. @throws {ArgumentError} */
export function readAverage(who: string, average: Average): Averaging {
  const declared = averageOptions(who, average)
  const { type, ...options } = average
  return { type, ...readOptions(`${who}: average`, declared, options) } as Averaging
}

/** Returns, for a step, c in the update a ← (1 − c) · a + c · w of the average a: 1 copies the weight w, 0 keeps a. */
function newest(average: Averaging, step: number): number {
  const { every } = average
  const since = step - (average.type === 'swa' ? average.start : 0)
  if (since < 0) return 1
  if (since % every !== 0) return 0
  const n = since / every
  if (average.type === 'swa') return 1 / (n + 1)
  const old = boundedAt('optimizer.average.decay', hyperparameterAt(average.decay, step), step, decayBounds)
  return n === 0 ? 1 : 1 - (average.warmup ? Math.min(old, (1 + n) / (10 + n)) : old)
}

/**
 * Returns a function that computes the next value of the average a of weights w, given c and 1 − c: (1 − c) · a + c · w. For
 * an exponential average, a + c · (w − a) needs one scalar less; it is w if c is 1, as then a is still 0. An average of
 * another type may have to become w exactly when a is something else.
 */
function blending({ type }: Averaging, fresh: Tensor, rest: () => Tensor): (a: Tensor, w: Tensor) => Tensor {
  if (type === 'ema') return (a, w) => add(a, mul(sub(w, a), fresh))
  const old = rest()
  return (a, w) => add(mul(a, old), mul(w, fresh))
}

/** Averages, over steps, of a model's weights and, optionally, of BN's running statistics. */
export interface Averages {
  readonly state: ReadonlyMap<string, Variable>
  readonly evaluation: EvaluationWeights
  /** Adds the averages' updates to the graph of the step being built, after the update of the weights. */
  update(): void
}

/** Creates averages of the trainable weights and, with `batchNorm: 'average'`, of BN's running statistics. */
export function averages(average: Averaging, weights: ReadonlyMap<string, Variable>): Averages {
  const { type, batchNorm } = average
  const pairs = [...weights]
    .filter(([, v]) => v.trainable || (batchNorm === 'average' && isFloat(v.dtype)))
    .map(([name, v]) => ({ v, name: `${type}.${name}`, mean: stateOf(v, `${type}.${name}`, 0) }))
  return {
    state: new Map(pairs.map(({ name, mean }) => [name, mean])),
    evaluation: { variables: new Map(pairs.map(({ v, mean }) => [v, mean])), batchNorm },
    update() {
      const dtype = pairs[0]?.v.dtype ?? 'float32'
      const fed = (value: (step: number) => number) => hyperparameter(value, dtype, `optimizer.average.decay`)
      const fresh = fed((step) => newest(average, step))
      const blended = blending(average, fresh, () => fed((step) => 1 - newest(average, step)))
      for (const group of places(pairs.map(({ v }) => v))) {
        const [w, mean] = (['v', 'mean'] as const).map((key) =>
          joinedVariables(group.map((i) => pairs[i]![key])),
        )
        mean!.assign(blended(mean!.value, w!.value))
      }
    },
  }
}
