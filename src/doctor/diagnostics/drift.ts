import { variables } from '../../core/variable.ts'
import type { Loader } from '../../data/loader.ts'
import type { StreamLoader } from '../../data/stream-loader.ts'
import type { BatchNorm } from '../../nn/batch-norm.ts'
import { batchNorms } from '../../nn/freeze.ts'
import type { Module } from '../../nn/module.ts'
import { learns } from '../../train/batch-statistics.ts'
import { recalibrate } from '../../train/recalibrate.ts'
import type { Task } from '../../train/task.ts'
import { type Diagnostic, greatest, noAverages, short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'
import { maximum, mean } from '../vector.ts'

/** How far the running statistics of a layer are from those of the data. */
export interface Drift {
  /** KL divergence of the normal distribution that BN assumes from the one there is, of each channel. */
  readonly kl: Float64Array
  /** |running mean − mean| in standard deviations, of each channel. */
  readonly z: Float64Array
  readonly maxKl: number
  readonly meanKl: number
  readonly maxZ: number
  readonly meanZ: number
  /** The variance of each channel, as it was measured. */
  readonly variance: Float64Array
}

/**
 * How far the running statistics of each batch normalization are from those measured anew at the weights as they are.
 *
 *     z = |rm − μ|/σ        KL = ½ · (ln(rv/σ²) + (σ² + (μ − rm)²)/rv − 1)
 *
 * μ and σ² are those of all values in the loader's batches, and eps is added to both variances, as BN does. Nothing is
 * changed.
 *
 * Source: the statistics are those of Wu & Johnson 2021, https://arxiv.org/abs/2105.07576 (PreciseBN).
 *
 * @param batches how many of the loader's; all unless given
 * @returns by the layer's name; layers that are frozen, or keep no statistics, are left out
 * @example const { maxKl } = (await drift(task, loader)).get('bn')
 */
export async function drift(
  { model }: Pick<Task, 'model'>,
  loader: Loader | StreamLoader,
  { batches = Number.POSITIVE_INFINITY }: { readonly batches?: number } = {},
): Promise<ReadonlyMap<string, Drift>> {
  const layers = [...batchNorms(model)].filter(([, layer]) => learns(layer))
  const running = layers.map(([, layer]) => statistics(layer))
  return remeasured(
    model,
    loader,
    batches,
    async () =>
      new Map(
        layers.map(([name, layer], i) => [name, driftOf(running[i]!, statistics(layer), layer.eps)] as const),
      ),
  )
}

/** Run `body` while the running statistics are measured anew; afterwards they are what they were. */
export async function remeasured<T>(
  model: Module,
  loader: Loader | StreamLoader,
  batches: number,
  body: () => Promise<T>,
): Promise<T> {
  const before = [...variables(model).values()].map((v) => [v, v.data] as const)
  try {
    await recalibrate(model, loader, { batches })
    return await body()
  } finally {
    for (const [variable, data] of before) variable.data = data
  }
}

interface Statistics {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

const statistics = ({ runningMean, runningVar }: BatchNorm): Statistics => ({
  mean: Float64Array.from(runningMean!.data as Float32Array),
  variance: Float64Array.from(runningVar!.data as Float32Array),
})

function driftOf(running: Statistics, now: Statistics, eps: number): Drift {
  const z = now.mean.map((mu, c) => Math.abs(running.mean[c]! - mu) / Math.sqrt(now.variance[c]! + eps))
  const kl = now.mean.map((mu, c) => {
    const [rv, sigma2] = [running.variance[c]! + eps, now.variance[c]! + eps]
    return 0.5 * (Math.log(rv / sigma2) + (sigma2 + (mu - running.mean[c]!) ** 2) / rv - 1)
  })
  return {
    kl,
    z,
    maxKl: maximum(kl),
    meanKl: mean(kl),
    maxZ: maximum(z),
    meanZ: mean(z),
    variance: now.variance,
  }
}

/** How many examples statistics are measured on. */
const measuredOn = 8192

/** How many of the training batches that is. */
export const measuredBatches = ({ experiment }: Subject): number =>
  Math.ceil(measuredOn / experiment.batchSize)

/** D8: whether the running statistics fit the weights. */
export const statisticsDrift: Diagnostic = {
  id: 'D8',
  title: 'drift of the running statistics from the data',
  quantity:
    'KL = ½(ln(rv/σ²) + (σ² + (μ − rm)²)/rv − 1), mean over the channels of the worst layer, against statistics measured anew; and z = |rm − μ|/σ',
  threshold: 'warning above KL 0.01 or z 0.1, alarm above KL 0.1',
  remedy:
    'measure the statistics anew (recalibrateBeforeEvaluation, train.recalibrate), or let the rate decay to 0',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return { reason: 'no batch normalization learns running statistics' }
    if (subject.evaluatesOthers && subject.lacksState) return noAverages
    const { task, experiment } = subject
    const layers = await task.atEvaluation(
      () => drift(task, subject.training(), { batches: measuredBatches(subject) }),
      { batchSize: experiment.batchSize },
    )
    const [name, value] = greatest([...layers].map(([name, { meanKl }]) => [name, meanKl]))
    const [shifted, z] = greatest([...layers].map(([name, { meanZ }]) => [name, meanZ]))
    const values = Object.fromEntries(
      [...layers].flatMap(([name, { meanKl, maxKl, meanZ, maxZ }]) => [
        [`${name} KL`, meanKl],
        [`${name} greatest KL`, maxKl],
        [`${name} z`, meanZ],
        [`${name} greatest z`, maxZ],
      ]),
    )
    const numbers = `the running statistics of layer ${name} are off by a KL of ${short(value)}${shifted === name ? ' and' : `, those of layer ${shifted}`} by ${short(z)} standard deviations`
    const severity = value > 0.1 ? 'alarm' : value > 0.01 || z > 0.1 ? 'warning' : 'ok'
    const advice =
      severity === 'alarm'
        ? `${numbers}: the validation loss means nothing; measure them anew with recalibrateBeforeEvaluation`
        : severity === 'warning'
          ? `${numbers}: measure them anew before evaluation, or let the rate decay`
          : numbers
    return { severity, value, values: { z, ...values }, advice }
  },
}
