import { allFinite, type Data } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Batch } from '../data/loader.ts'
import type { Module } from '../nn/module.ts'
import { BatchNorm } from '../nn/norm/batch-norm.ts'
import { type Call, observe } from '../nn/observe.ts'
import { maskedBatchNorm } from '../ops/masked-batch-norm.ts'
import { mean, variance } from '../ops/statistics.ts'
import { computeDType, Graphs } from './graphs.ts'

/** Statistics of the channels of one layer in one batch. */
export interface LayerStatistics {
  readonly layer: BatchNorm
  readonly mean: Data
  /** Biased. */
  readonly variance: Data
  /** Values a channel. */
  readonly count: number
}

/**
 * Returns a function that runs the model on a batch in `train`, and returns the statistics of what reaches each
 * call of a batch normalization that learns.
 *
 * @param x shape and type of an example
 */
export function statisticsOf(model: Module, x: FieldSpec): (batch: Batch) => Promise<LayerStatistics[]> {
  const graphs = new Graphs({ x }, { dtype: computeDType(model) })
  const traced = new Map<number, readonly Traced[]>()
  return async ({ x, length }) => {
    const step = await graphs.compiled(`${length}`, length, ({ x }) => {
      const calls = trace(model, x)
      traced.set(length, calls)
      return Object.fromEntries(calls.flatMap(resultsOf))
    })
    const values: Readonly<Record<string, Data>> = await step({ x })
    return traced.get(length)!.map(({ layer, count }, i) => ({
      layer,
      mean: finite(layer, values[`mean${i}`]!),
      variance: finite(layer, values[`variance${i}`]!),
      count: typeof count === 'number' ? count : Number(values[`count${i}`]![0]),
    }))
  }
}

/** Statistics of one call, still to be computed. */
interface Traced {
  readonly layer: BatchNorm
  readonly mean: Tensor
  readonly variance: Tensor
  readonly count: number | Tensor
}

function trace(model: Module, x: Tensor): readonly Traced[] {
  const calls: Traced[] = []
  const onCall = ({ module, inputs }: Call): void => {
    const [x, mode, mask] = inputs as [Tensor, string, Tensor | undefined]
    if (mode !== 'train' || !(module instanceof BatchNorm) || !learns(module)) return
    calls.push({ layer: module, ...statistics(x, mask, module.eps) })
  }
  observe(model, onCall, () => model.forward(x, 'train'))
  return calls
}

const resultsOf = ({ mean, variance, count }: Traced, i: number): [string, Tensor][] => [
  [`mean${i}`, mean],
  [`variance${i}`, variance],
  ...(typeof count === 'number' ? [] : [[`count${i}`, count] as [string, Tensor]]),
]

/** Whether a layer learns running statistics. */
export const learns = (layer: BatchNorm): boolean => layer.runningMean !== undefined && !layer.frozen

function statistics(x: Tensor, mask: Tensor | undefined, eps: number): Omit<Traced, 'layer'> {
  if (mask) return maskedBatchNorm(x, mask, undefined, undefined, eps)
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
  const count = sizeOf(x.shape) / x.shape[1]!
  return { mean: mean(x, axes), variance: variance(x, axes, { correction: 0 }), count }
}

function finite(layer: BatchNorm, data: Data): Data {
  if (allFinite(data)) return data
  throw new EvenstepError(
    `recalibrate: wanted finite statistics, got NaN or infinity in ${nameOf(layer) || 'the layer'}`,
  )
}
