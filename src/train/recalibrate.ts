import { allFinite, type Data, type DType, isFloat, toData } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { variables } from '../core/variable.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { BatchNorm } from '../nn/batch-norm.ts'
import { batchNorms } from '../nn/freeze.ts'
import type { Module } from '../nn/module.ts'
import { observe } from '../nn/observe.ts'
import { cast } from '../ops/compare.ts'
import { maskedBatchNorm } from '../ops/masked-batch-norm.ts'
import { mean, variance } from '../ops/statistics.ts'
import { type Compiled, compile } from '../runtime/compile.ts'

export interface RecalibrateOptions {
  /** How many batches to look at, from the first; all by default. */
  readonly batches?: number
}

/**
 * Measure the running statistics of every batch normalization anew, at the weights as they are: the mean and the
 * variance of all values that reach it, as if they were one batch.
 *
 *     mean = Σ nᵢ·μᵢ / Σ nᵢ    var = Σ nᵢ·(σᵢ² + (μᵢ − mean)²) / Σ nᵢ        over batches of nᵢ values
 *
 * The model runs in `train`, so that each layer sees what it sees in training. Frozen layers stay as they are, and no
 * weight changes. The variance is that of the population, divided by n.
 *
 * Source: Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3 (PreciseBN).
 *
 * @returns the model
 * @throws {EvenstepError} when a statistic is not finite. Nothing has changed then.
 */
export const recalibrate = <M extends Module>(
  model: M,
  loader: Loader,
  options: RecalibrateOptions = {},
): Promise<M> => measure(model, loader, options, pooled)

/**
 * Measure the running statistics of every batch normalization anew by PyTorch's rule, as its `update_bn`: the average
 * over batches of each batch's mean and unbiased variance, whatever the batch's size. `recalibrate` is closer to
 * what evaluation needs.
 *
 * @returns the model
 * @throws {EvenstepError} when a statistic is not finite. Nothing has changed then.
 */
export const updateBn = <M extends Module>(
  model: M,
  loader: Loader,
  options: RecalibrateOptions = {},
): Promise<M> => measure(model, loader, options, averaged)

/** What one batch says of one layer's channels. */
interface Lot {
  readonly mean: Data
  readonly variance: Data
  readonly count: number
}
interface Estimate {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

async function measure<M extends Module>(
  model: M,
  loader: Loader,
  { batches = Number.POSITIVE_INFINITY }: RecalibrateOptions,
  estimate: (lots: readonly Lot[]) => Estimate,
): Promise<M> {
  const lots = new Map<BatchNorm, Lot[]>()
  const before = [...variables(model).values()].map((v) => [v, v.data] as const)
  try {
    const look = observer(model, loader)
    let seen = 0
    for (const batch of loader.batches(0)) {
      if (seen++ >= batches) break
      for (const [layer, lot] of await look(batch)) lots.set(layer, [...(lots.get(layer) ?? []), lot])
    }
  } finally {
    for (const [variable, data] of before) variable.data = data // what the layers learnt on the way
  }
  const estimates = [...lots].map(([layer, seen]) => [layer, estimate(seen), seen.length] as const)
  for (const [{ runningMean, runningVar, numBatchesTracked }, { mean, variance }, count] of estimates) {
    runningMean!.data = toData(runningMean!.dtype, mean)
    runningVar!.data = toData(runningVar!.dtype, variance)
    numBatchesTracked!.data = BigInt64Array.of(BigInt(count))
  }
  return model
}

type Look = (batch: Batch) => Promise<(readonly [BatchNorm, Lot])[]>

/** Runs the model on a batch and gives the statistics of whatever reaches its batch normalizations. */
function observer(model: Module, { dataset: { x } }: Loader): Look {
  const floats = [...variables(model).values()].map((v) => v.dtype).filter(isFloat)
  const dtype: DType = floats[0] ?? 'float32'
  const layers = new Map(
    [...batchNorms(model)].filter(([, bn]) => bn.runningMean && !bn.frozen).map(([name, bn]) => [bn, name]),
  )
  const graphs = new Map<number, { readonly step: Compiled<'x', string>; readonly seen: Seen[] }>()

  const build = async (rows: number): Promise<{ step: Compiled<'x', string>; seen: Seen[] }> => {
    const seen: Seen[] = []
    const step = await compile({ x: { shape: [rows, ...x.shape], dtype: x.dtype } }, (given) => {
      const input = isFloat(x.dtype) ? cast(given.x, dtype) : given.x
      observe(
        model,
        ({ module, inputs }) => {
          const layer = [...layers.keys()].find((bn) => bn === module)
          if (layer && inputs[1] === 'train')
            seen.push(seenBy(layer, inputs[0] as Tensor, inputs[2] as Tensor | undefined))
        },
        () => model.forward(input, 'train'),
      )
      return Object.fromEntries(
        seen.flatMap(({ mean, variance, count }, i) => [
          [`mean${i}`, mean],
          [`variance${i}`, variance],
          ...(typeof count === 'number' ? [] : [[`count${i}`, count] as const]),
        ]),
      )
    })
    return { step, seen }
  }

  return async (batch) => {
    const graph = graphs.get(batch.length) ?? (await build(batch.length))
    graphs.set(batch.length, graph)
    const values = await graph.step({ x: batch.x })
    return graph.seen.map(({ layer, count }, i) => {
      const lot = {
        mean: values[`mean${i}`]!,
        variance: values[`variance${i}`]!,
        count: typeof count === 'number' ? count : Number(values[`count${i}`]![0]),
      }
      if (allFinite(lot.mean) && allFinite(lot.variance)) return [layer, lot] as const
      throw new EvenstepError(
        `recalibrate: wanted finite statistics, got NaN or infinity in ${layers.get(layer)}`,
      )
    })
  }
}

/** The statistics of what one layer was given, still to be computed. */
interface Seen {
  readonly layer: BatchNorm
  readonly mean: Tensor
  readonly variance: Tensor
  readonly count: number | Tensor
}

function seenBy(layer: BatchNorm, x: Tensor, mask: Tensor | undefined): Seen {
  if (mask) {
    const { mean, variance, count } = maskedBatchNorm(x, mask, undefined, undefined, layer.eps)
    return { layer, mean, variance, count }
  }
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
  return {
    layer,
    mean: mean(x, axes),
    variance: variance(x, axes, { correction: 0 }),
    count: sizeOf(x.shape) / x.shape[1]!,
  }
}

/** The mean and variance of all values of all batches. */
function pooled(lots: readonly Lot[]): Estimate {
  const total = lots.reduce((n, { count }) => n + count, 0)
  const overall = weighted(lots, (lot, c) => (lot.count / total) * Number(lot.mean[c]))
  const within = (lot: Lot, c: number): number =>
    Number(lot.variance[c]) + (Number(lot.mean[c]) - overall[c]!) ** 2
  return { mean: overall, variance: weighted(lots, (lot, c) => (lot.count / total) * within(lot, c)) }
}

/** The average over batches of their means and unbiased variances. */
function averaged(lots: readonly Lot[]): Estimate {
  return {
    mean: weighted(lots, ({ mean }, c) => Number(mean[c]) / lots.length),
    variance: weighted(
      lots,
      ({ variance, count }, c) => ((count / (count - 1)) * Number(variance[c])) / lots.length,
    ),
  }
}

/** `Σ part(lot, c)` over batches, for each channel c. */
const weighted = (lots: readonly Lot[], part: (lot: Lot, c: number) => number): Float64Array =>
  Float64Array.from({ length: lots[0]!.mean.length }, (_, c) =>
    lots.reduce((sum, lot) => sum + part(lot, c), 0),
  )
