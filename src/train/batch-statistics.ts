import { allFinite, type Data, type DType, isFloat } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { variables } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Batch } from '../data/loader.ts'
import type { Module } from '../nn/module.ts'
import { BatchNorm } from '../nn/norm/batch-norm.ts'
import { type Call, observe } from '../nn/observe.ts'
import { cast } from '../ops/compare.ts'
import { maskedBatchNorm } from '../ops/masked-batch-norm.ts'
import { mean, variance } from '../ops/statistics.ts'
import { type Compiled, compile } from '../runtime/compile.ts'

/** What one batch says of the channels of one layer. */
export interface LayerStatistics {
  readonly layer: BatchNorm
  readonly mean: Data
  /** Biased. */
  readonly variance: Data
  /** Values a channel. */
  readonly count: number
}

/** The same, still to be computed. */
interface Traced {
  readonly layer: BatchNorm
  readonly mean: Tensor
  readonly variance: Tensor
  readonly count: number | Tensor
}

type Graph = { readonly step: Compiled<'x', string>; readonly traced: readonly Traced[] }

/**
 * A function of a batch that runs the model on it in `train`, and gives the statistics of whatever reaches each call
 * of a batch normalization that learns.
 *
 * @param x an example of what batches hold, for its shape and type
 */
export function statisticsOf(
  model: Module,
  { shape, dtype }: FieldSpec,
): (batch: Batch) => Promise<LayerStatistics[]> {
  const graphs = new Map<number, Graph>()
  return async (batch) => {
    const graph = graphs.get(batch.length) ?? (await build(model, [batch.length, ...shape], dtype))
    graphs.set(batch.length, graph)
    const values = await graph.step({ x: batch.x })
    return graph.traced.map(({ layer, count }, i) => ({
      layer,
      mean: finite(layer, values[`mean${i}`]!),
      variance: finite(layer, values[`variance${i}`]!),
      count: typeof count === 'number' ? count : Number(values[`count${i}`]![0]),
    }))
  }
}

async function build(model: Module, shape: Shape, dtype: DType): Promise<Graph> {
  const computed = [...variables(model).values()].map((v) => v.dtype).find(isFloat) ?? 'float32'
  const traced: Traced[] = []
  const onCall = ({ module, inputs }: Call): void => {
    const [x, mode, mask] = inputs as [Tensor, string, Tensor | undefined]
    if (mode !== 'train' || !(module instanceof BatchNorm) || !learns(module)) return
    traced.push({ layer: module, ...statistics(x, mask, module.eps) })
  }
  const step = await compile({ x: { shape, dtype } }, ({ x }) => {
    observe(model, onCall, () => model.forward(isFloat(dtype) ? cast(x, computed) : x, 'train'))
    const named = traced.flatMap(({ mean, variance, count }, i): [string, Tensor][] => [
      [`mean${i}`, mean],
      [`variance${i}`, variance],
      ...(typeof count === 'number' ? [] : [[`count${i}`, count] as [string, Tensor]]),
    ])
    return Object.fromEntries(named)
  })
  return { step, traced }
}

/** Whether a layer's running statistics are its own to learn. */
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
