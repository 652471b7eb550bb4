import { exclusively } from '../core/exclusive.ts'
import { checkFields } from '../core/mismatch.ts'
import { present, readOptions } from '../core/options.ts'
import { unchanged } from '../core/snapshot.ts'
import { variables } from '../core/state.ts'
import { maxOf, meanOf } from '../core/vector.ts'
import type { Loader } from '../data/loader.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import type { Module } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import {
  type ChannelStatistics,
  learns,
  type RecalibrateOptions,
  recalibrate,
  recalibrateOptions,
} from './recalibrate.ts'
import type { Task } from './task.ts'

/** Differences between the running statistics of a batch normalization and the statistics of its inputs. */
export interface Drift {
  /** KL(N(measured mean, variance) ‖ N(running mean, variance)) of each channel, in nats. */
  readonly kl: Float64Array
  /** |running mean − measured mean| of each channel, divided by the measured standard deviation. */
  readonly z: Float64Array
  /** Maximum and mean over the channels: of `kl` in `maxKl` and `meanKl`, of `z` in `maxZ` and `meanZ`. */
  readonly maxKl: number
  readonly meanKl: number
  readonly maxZ: number
  readonly meanZ: number
  /** Measured variance of each channel. */
  readonly variance: Float64Array
}

/**
 * Compares the running statistics of each batch normalization with the statistics of its inputs at the current
 * weights, measured on the loader's batches.
 *
 *     z = |rm − μ|/σ        KL = ½ · (ln(rv/σ²) + (σ² + (μ − rm)²)/rv − 1)
 *
 * rm and rv are a channel's running mean and variance; μ and σ² are mean and variance of all its inputs in
 * these batches; eps is added to both variances, as batch normalization does. The model does not change.
 *
 * Source: the statistics of Wu & Johnson 2021, https://arxiv.org/abs/2105.07576 (PreciseBN).
 *
 * @returns the drift by layer name; layers that are frozen or have no running statistics are left out
 * @example const { maxKl } = (await doctor.drift(task, loader)).get('bn')
 */
export async function drift(
  task: Pick<Task, 'model'>,
  loader: Loader | StreamLoader,
  given: RecalibrateOptions = {},
): Promise<ReadonlyMap<string, Drift>> {
  checkFields('drift', 'a task, as train.taskOf(experiment) makes it', task, 'model')
  const { model } = task
  const { batches = Number.POSITIVE_INFINITY, signal } = readOptions('drift', recalibrateOptions, given)
  const layers = [...batchNorms(model)].filter(([, layer]) => learns(layer))
  const measured = (): Promise<ReadonlyMap<string, Drift>> => {
    const running = layers.map(([, layer]) => statistics(layer))
    return remeasured(model, loader, present({ batches, signal }), async () => {
      const drifts = layers.map(([, layer], i) => driftOf(running[i]!, statistics(layer), layer.eps))
      return new Map(layers.map(([name], i) => [name, drifts[i]!]))
    })
  }
  return exclusively(variables(model).values(), measured, { signal })
}

/** Runs `body` with recomputed running statistics (by `options` of `recalibrate`), then restores the old ones. */
export function remeasured<T>(
  model: Module,
  loader: Loader | StreamLoader,
  options: RecalibrateOptions,
  body: () => Promise<T>,
): Promise<T> {
  return unchanged(variables(model).values(), async () => {
    await recalibrate(model, loader, options)
    return body()
  })
}

const statistics = ({ runningMean, runningVar }: BatchNorm): ChannelStatistics => ({
  mean: Float64Array.from(runningMean!.data as Float32Array),
  variance: Float64Array.from(runningVar!.data as Float32Array),
})

function driftOf(running: ChannelStatistics, now: ChannelStatistics, eps: number): Drift {
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
