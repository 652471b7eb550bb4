import { readOptions } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { variables } from '../core/variable.ts'
import { maxOf, meanOf } from '../core/vector.ts'
import type { Loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Module } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { learns } from './batch-statistics.ts'
import { type RecalibrateOptions, recalibrate, recalibrateOptions } from './recalibrate.ts'
import type { Task } from './task.ts'

/** How far the running statistics of a layer are from those of the data. */
export interface Drift {
  /** KL divergence of each channel's distribution from the one that BN assumes, both taken as normal. */
  readonly kl: Float64Array
  /** |running mean − mean| of each channel, in standard deviations. */
  readonly z: Float64Array
  readonly maxKl: number
  readonly meanKl: number
  readonly maxZ: number
  readonly meanZ: number
  /** The measured variance of each channel. */
  readonly variance: Float64Array
}

/**
 * Measures how far the running statistics of each batch normalization are from those at the current weights.
 *
 *     z = |rm − μ|/σ        KL = ½ · (ln(rv/σ²) + (σ² + (μ − rm)²)/rv − 1)
 *
 * μ and σ² are those of all values in the loader's batches, and eps is added to both variances, as BN does. The
 * model does not change.
 *
 * Source: the statistics are those of Wu & Johnson 2021, https://arxiv.org/abs/2105.07576 (PreciseBN).
 *
 * @returns drifts by layer name; layers that are frozen, or keep no statistics, are left out
 * @example const { maxKl } = (await doctor.drift(task, loader)).get('bn')
 */
export async function drift(
  { model }: Pick<Task, 'model'>,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<ReadonlyMap<string, Drift>> {
  const { batches = Number.POSITIVE_INFINITY } = readOptions('drift', recalibrateOptions, given)
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

/** Runs `body` with running statistics that are measured anew, then restores them. */
export function remeasured<T>(
  model: Module,
  loader: Loader | StreamLoader,
  batches: number,
  body: () => Promise<T>,
): Promise<T> {
  return unchanged(variables(model).values(), async () => {
    await recalibrate(model, loader, { batches })
    return body()
  })
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
    maxKl: maxOf(kl),
    meanKl: meanOf(kl),
    maxZ: maxOf(z),
    meanZ: meanOf(z),
    variance: now.variance,
  }
}
