import { toData } from '../core/dtype.ts'
import { custom, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { variables } from '../core/variable.ts'
import type { Loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Module } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { type LayerStatistics, learns, statisticsOf } from './batch-statistics.ts'

export const recalibrateOptions = {
  /** Number of batches to measure, from the first. @default all; 200 of a stream, as fvcore's `PreciseBN` */
  batches: custom<number>(
    'a positive integer or Infinity',
    (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) > 0),
  ),
}

export interface RecalibrateOptions extends OptionsOf<typeof recalibrateOptions> {}

/**
 * Measures the running statistics of every batch normalization anew, at the current weights: the mean and
 * variance of all values that reach it, as if they were one batch.
 *
 *     mean = Σ nᵢ·μᵢ / Σ nᵢ    var = Σ nᵢ·(σᵢ² + (μᵢ − mean)²) / Σ nᵢ        over batches of nᵢ values
 *
 * The model runs in `train`, so that each layer sees what it sees in training. Frozen layers stay as they are,
 * and no weight changes. The variance is that of the population, divided by n.
 *
 * Source: Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3 (PreciseBN).
 *
 * @returns the model
 * @throws {EvenstepError} when a statistic is not finite. Nothing has changed then.
 */
export const recalibrate = <M extends Module>(
  model: M,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<M> => measure(model, loader, readOptions('recalibrate', recalibrateOptions, given), pooled)

/**
 * Measures the running statistics of every batch normalization anew by the rule of PyTorch's `update_bn`: the
 * average over batches of each batch's mean and unbiased variance, whatever the batch's size. `recalibrate` is
 * closer to what evaluation needs.
 *
 * @returns the model
 * @throws {EvenstepError} when a statistic is not finite. Nothing has changed then.
 */
export const updateBn = <M extends Module>(
  model: M,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<M> => measure(model, loader, readOptions('updateBn', recalibrateOptions, given), averaged)

interface Estimate {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

async function measure<M extends Module>(
  model: M,
  loader: Loader | StreamLoader,
  { batches = 'stream' in loader ? 200 : Number.POSITIVE_INFINITY }: ValuesOf<typeof recalibrateOptions>,
  estimate: (lots: readonly LayerStatistics[]) => Estimate,
): Promise<M> {
  if (![...batchNorms(model).values()].some(learns)) return model
  const lots = await collect(model, loader, batches)
  for (const [layer, own] of lots) {
    const { mean, variance } = estimate(own)
    layer.runningMean!.data = toData(layer.runningMean!.dtype, mean)
    layer.runningVar!.data = toData(layer.runningVar!.dtype, variance)
    layer.numBatchesTracked!.data = BigInt64Array.of(BigInt(own.length))
  }
  return model
}

/** Returns the statistics of each layer in the first batches, without changing the model. */
async function collect(
  model: Module,
  loader: Loader | StreamLoader,
  batches: number,
): Promise<ReadonlyMap<BatchNorm, readonly LayerStatistics[]>> {
  const lots = new Map<BatchNorm, LayerStatistics[]>()
  const look = statisticsOf(model, ('stream' in loader ? loader.stream : loader.dataset).x)
  let looked = 0
  // The layers learn from these batches as well.
  await unchanged(variables(model).values(), async () => {
    for await (const batch of loader.batches(0)) {
      if (looked++ >= batches) break
      for (const lot of await look(batch)) {
        const own = lots.get(lot.layer) ?? []
        lots.set(lot.layer, own)
        if (lot.count > 0) own.push(lot)
      }
    }
  })
  return new Map([...lots].filter(([, own]) => own.length > 0))
}

/** The mean and variance of all values of all batches. */
function pooled(lots: readonly LayerStatistics[]): Estimate {
  const total = lots.reduce((n, { count }) => n + count, 0)
  const mean = sumOver(lots, (lot, c) => (lot.count / total) * Number(lot.mean[c]))
  const about = (lot: LayerStatistics, c: number): number =>
    Number(lot.variance[c]) + (Number(lot.mean[c]) - mean[c]!) ** 2
  return { mean, variance: sumOver(lots, (lot, c) => (lot.count / total) * about(lot, c)) }
}

/** The average over batches of their means and unbiased variances. */
function averaged(lots: readonly LayerStatistics[]): Estimate {
  const unbiased = ({ variance, count }: LayerStatistics, c: number): number =>
    (count / Math.max(1, count - 1)) * Number(variance[c])
  return {
    mean: sumOver(lots, ({ mean }, c) => Number(mean[c]) / lots.length),
    variance: sumOver(lots, (lot, c) => unbiased(lot, c) / lots.length),
  }
}

/** `Σ part(lot, c)` over batches, for each channel c. */
const sumOver = (
  lots: readonly LayerStatistics[],
  part: (lot: LayerStatistics, c: number) => number,
): Float64Array =>
  Float64Array.from({ length: lots[0]!.mean.length }, (_, c) =>
    lots.reduce((sum, lot) => sum + part(lot, c), 0),
  )
