import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import { allFinite, type Data, toData } from '../core/dtype.ts'
import { NotFiniteError } from '../core/errors.ts'
import { apart, eachApart, exclusively } from '../core/exclusive.ts'
import { checkFields } from '../core/mismatch.ts'
import { nameOf } from '../core/names.ts'
import { custom, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { unchanged } from '../core/snapshot.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Module } from '../nn/module.ts'
import { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { type Call, observe } from '../nn/observe.ts'
import { maskedBatchNorm } from '../ops/masked-batch-norm.ts'
import { mean, variance } from '../ops/statistics.ts'
import { computeDType, Graphs } from './graphs.ts'

export const recalibrateOptions = {
  /** Number of batches to compute statistics on. @default all; for a stream 200, as in fvcore's `PreciseBN` */
  batches: custom<number>(
    'a positive integer or Infinity',
    (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) > 0),
  ),
  /** Abort signal that stops the computation between two batches; the model is unchanged then. */
  signal: abortSignal(),
}

export interface RecalibrateOptions extends OptionsOf<typeof recalibrateOptions> {}

/**
 * Recomputes the running statistics of every batch normalization at the current weights: for each channel, the mean
 * and variance of the layer's inputs in all batches of the loader, as if these were one batch.
 *
 *     mean = Σ nᵢ·μᵢ / Σ nᵢ    var = Σ nᵢ·(σᵢ² + (μᵢ − mean)²) / Σ nᵢ
 *
 * where batch i has nᵢ values with mean μᵢ and variance σᵢ². The model runs in `train` mode, so each layer receives
 * the same inputs as in training. Frozen layers and all weights are unchanged. The variance is biased (divided by n).
 *
 * Source: Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3 (PreciseBN).
 *
 * @returns the model
 * @throws {NotFiniteError} when a statistic is not finite; the model is unchanged then.
 * @throws the reason of `signal`, once it is aborted; the model is unchanged then.
 */
export const recalibrate = <M extends Module>(
  model: M,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<M> => measure('recalibrate', model, loader, given, pooled)

/**
 * Recomputes the running statistics of every batch normalization like PyTorch's `update_bn`: as unweighted averages,
 * over batches, of each batch's mean and unbiased variance. `recalibrate` gives better statistics for evaluation.
 *
 * @returns the model
 * @throws {NotFiniteError} when a statistic is not finite; the model is unchanged then.
 * @throws the reason of `signal`, once it is aborted; the model is unchanged then.
 */
export const updateBn = <M extends Module>(
  model: M,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<M> => measure('updateBn', model, loader, given, averaged)

/** Per-channel statistics of the inputs of one batch normalization layer in one batch. */
interface LayerStatistics {
  readonly layer: BatchNorm
  readonly mean: Data
  /** Biased variance, divided by `count`. */
  readonly variance: Data
  /** Number of input values per channel in the batch. */
  readonly count: number
}

/** Mean and variance, one value per channel. */
export interface ChannelStatistics {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Measures and stores running statistics of a model that no other call may use meanwhile. */
async function measure<M extends Module>(
  who: string,
  model: M,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions,
  estimate: (perBatch: readonly LayerStatistics[]) => ChannelStatistics,
): Promise<M> {
  const options = readOptions(who, recalibrateOptions, given)
  const measured = (): Promise<M> => {
    checkFields(who, 'a loader, as data.loader makes it', loader, 'batches', 'batchSize')
    return remeasure(loader, model, options, estimate)
  }
  return exclusively(variables(model).values(), measured, { changes: true })
}

async function remeasure<M extends Module>(
  loader: Loader | StreamLoader,
  model: M,
  {
    batches = 'stream' in loader ? 200 : Number.POSITIVE_INFINITY,
    signal,
  }: ValuesOf<typeof recalibrateOptions>,
  estimate: (perBatch: readonly LayerStatistics[]) => ChannelStatistics,
): Promise<M> {
  signal?.throwIfAborted()
  if (![...batchNorms(model).values()].some(learns)) return model
  for (const [layer, perBatch] of await collect(model, loader, batches, signal)) {
    const { mean, variance } = estimate(perBatch)
    layer.runningMean!.data = toData(layer.runningMean!.dtype, mean)
    layer.runningVar!.data = toData(layer.runningVar!.dtype, variance)
    layer.numBatchesTracked!.data = BigInt64Array.of(BigInt(perBatch.length))
  }
  return model
}

/** Returns whether a layer has running statistics and updates them in training, that is, is not frozen. */
export const learns = (layer: BatchNorm): boolean => layer.runningMean !== undefined && !layer.frozen

/** Returns, for each batch normalization layer, its input statistics in each of the first `batches` batches. */
async function collect(
  model: Module,
  loader: Loader | StreamLoader,
  batches: number,
  signal: AbortSignalLike | undefined,
): Promise<ReadonlyMap<BatchNorm, readonly LayerStatistics[]>> {
  const byLayer = new Map<BatchNorm, LayerStatistics[]>()
  const statisticsIn = batchStatistics(model, ('stream' in loader ? loader.stream : loader.dataset).x)
  let measured = 0
  // A forward pass in training also updates the running statistics; `unchanged` restores them.
  const all = [...variables(model).values()]
  await unchanged(all, async () => {
    for await (const batch of eachApart(all, untilAborted(signal, loader.batches(0)))) {
      if (measured++ >= batches) break
      for (const statistics of await statisticsIn(batch)) {
        if (statistics.count === 0) continue
        byLayer.set(statistics.layer, [...(byLayer.get(statistics.layer) ?? []), statistics])
      }
    }
  })
  return byLayer
}

/**
 * Returns a function that runs the model on a batch in `train` mode and returns input statistics, one for each call
 * of a batch normalization layer that updates its running statistics.
 *
 * @param x shape and element type of one example
 */
function batchStatistics(model: Module, x: FieldSpec): (batch: Batch) => Promise<LayerStatistics[]> {
  const graphs = new Graphs({ x }, { dtype: computeDType(model) })
  const all = [...variables(model).values()]
  const traced = new Map<number, readonly Traced[]>()
  return async ({ x, length }) => {
    const body = ({ x }: { readonly x: Tensor }): Readonly<Record<string, Tensor>> => {
      const calls = tracedCalls(model, x)
      traced.set(length, calls)
      return Object.fromEntries(calls.flatMap(resultsOf))
    }
    const step = await apart(all, () => graphs.compiled(`${length}`, length, body))
    const values: Readonly<Record<string, Data>> = await step({ x })
    return traced.get(length)!.map(({ layer, count }, i) => ({
      layer,
      mean: finite(layer, values[`mean${i}`]!),
      variance: finite(layer, values[`variance${i}`]!),
      count: typeof count === 'number' ? count : Number(values[`count${i}`]![0]),
    }))
  }
}

/**
 * Input statistics of one call of `layer`, as traced tensors. `count`, the number of values per channel, is a tensor if
 * the call uses a mask.
 */
interface Traced {
  readonly layer: BatchNorm
  readonly mean: Tensor
  readonly variance: Tensor
  readonly count: number | Tensor
}

function tracedCalls(model: Module, x: Tensor): readonly Traced[] {
  const calls: Traced[] = []
  const onCall = ({ module, inputs }: Call): void => {
    const [x, mode, mask] = inputs as [Tensor, string, Tensor | undefined]
    if (mode !== 'train' || !(module instanceof BatchNorm) || !learns(module)) return
    calls.push({ layer: module, ...inputStatistics(x, mask, module.eps) })
  }
  observe(model, onCall, () => model.forward(x, 'train'))
  return calls
}

function inputStatistics(x: Tensor, mask: Tensor | undefined, eps: number): Omit<Traced, 'layer'> {
  if (mask) return maskedBatchNorm(x, mask, undefined, undefined, eps)
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
  const count = sizeOf(x.shape) / x.shape[1]!
  return { mean: mean(x, axes), variance: variance(x, axes, { correction: 0 }), count }
}

const resultsOf = ({ mean, variance, count }: Traced, i: number): [string, Tensor][] => [
  [`mean${i}`, mean],
  [`variance${i}`, variance],
  ...(typeof count === 'number' ? [] : [[`count${i}`, count] as [string, Tensor]]),
]

function finite(layer: BatchNorm, data: Data): Data {
  if (allFinite(data)) return data
  throw new NotFiniteError(
    `recalibrate: wanted finite statistics, got NaN or infinity in ${nameOf(layer) || 'the layer'}`,
  )
}

/** Returns the mean and variance over the values of all batches taken together. */
function pooled(perBatch: readonly LayerStatistics[]): ChannelStatistics {
  const total = perBatch.reduce((n, { count }) => n + count, 0)
  const mean = sumOver(perBatch, (one, c) => (one.count / total) * Number(one.mean[c]))
  const about = (one: LayerStatistics, c: number): number =>
    Number(one.variance[c]) + (Number(one.mean[c]) - mean[c]!) ** 2
  return { mean, variance: sumOver(perBatch, (one, c) => (one.count / total) * about(one, c)) }
}

/** Returns the unweighted average over batches of each batch's mean and unbiased variance. */
function averaged(perBatch: readonly LayerStatistics[]): ChannelStatistics {
  const batches = perBatch.length
  return {
    mean: sumOver(perBatch, ({ mean }, c) => Number(mean[c]) / batches),
    variance: sumOver(
      perBatch,
      ({ variance, count }, c) => ((count / Math.max(1, count - 1)) * Number(variance[c])) / batches,
    ),
  }
}

/** Returns `Σ value(batch, c)` over the batches, for each channel c. */
const sumOver = (
  perBatch: readonly LayerStatistics[],
  value: (batch: LayerStatistics, channel: number) => number,
): Float64Array =>
  Float64Array.from({ length: perBatch[0]!.mean.length }, (_, c) =>
    perBatch.reduce((sum, batch) => sum + value(batch, c), 0),
  )
