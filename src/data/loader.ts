import { ArgumentError } from '../core/errors.ts'
import { readOptions } from '../core/options.ts'
import { random } from '../core/random.ts'
import { type Batch, type Memory, picked, reused } from './batch.ts'
import type { Dataset } from './dataset.ts'
import {
  type LoaderOptions,
  type LoaderValues,
  loaderOptions,
  noBatch,
  type StreamLoaderOptions,
} from './loader-options.ts'
import { isStream, type Source, type Stream } from './stream.ts'
import { type StreamLoader, streamLoader } from './stream-loader.ts'
import { transforming } from './transform.ts'

export type { Batch } from './batch.ts'

/** Batches of a data set, in an order that depends on (seed, epoch) alone. */
export interface Loader {
  readonly dataset: Dataset
  readonly batchSize: number
  /** Number of batches in an epoch. */
  readonly length: number
  /** Yields the batches of one epoch, counted from 0. */
  batches(epoch: number): Generator<Batch>
  /**
   * Yields the same examples in the same order, up to `count()` full batches at a time: `[K · batchSize]` rows.
   * Each stack overwrites the one before: fresh memory costs more than the numbers in it.
   *
   * @param first index of the batch to start with
   */
  stacks(epoch: number, count: () => number, first?: number): Generator<Batch>
}

/**
 * Batches of a data set, or of a stream.
 *
 * @throws {ArgumentError} when `batchSize` is not a positive integer, `drop` would leave no batch, a transform
 *   does not suit the examples, a stream gets a `sampler`, or a data set a `shuffleBuffer`.
 * @example for (const { x, y } of data.loader(split.train, { batchSize: 64, seed: 0 }).batches(epoch)) …
 */
export function loader(dataset: Dataset, options: LoaderOptions): Loader
export function loader(stream: Stream, options: StreamLoaderOptions): StreamLoader
export function loader(source: Source, options: LoaderOptions & StreamLoaderOptions): Loader | StreamLoader
export function loader(source: Source, given: LoaderOptions & StreamLoaderOptions): Loader | StreamLoader {
  const options = readOptions('loader', loaderOptions, given)
  checkOrder('loader', source, given)
  return isStream(source) ? streamLoader(source, options) : memoryLoader(source, options)
}

/** @throws {ArgumentError} when options choose an order that such a source cannot have. */
export function checkOrder(
  who: string,
  source: Source,
  { sampler, shuffleBuffer }: { readonly sampler?: unknown; readonly shuffleBuffer?: unknown },
): void {
  if (isStream(source) && sampler !== undefined) {
    throw new ArgumentError(
      `${who}: wanted a data set in memory for a sampler, got a stream; leave it out, or data.collect the stream`,
    )
  }
  if (!isStream(source) && shuffleBuffer !== undefined) {
    throw new ArgumentError(
      `${who}: wanted a stream for shuffleBuffer, got a data set, which is shuffled as a whole; leave it out`,
    )
  }
}

function memoryLoader(dataset: Dataset, options: LoaderValues): Loader {
  const { batchSize, seed = 0, last, sampler, transform } = options
  const count = sampler?.count ?? dataset.length
  const full = count - (count % batchSize)
  const used = last === 'drop' ? full : count
  if (used === 0) throw noBatch(batchSize, count)
  const transformed = transforming(dataset, transform, seed)
  const stacksIn = function* (
    memory: Memory | undefined,
    epoch: number,
    stackSize: () => number,
    first: number = 0,
  ): Generator<Batch> {
    const order = orderOf(dataset, options, epoch)
    for (let from = first * batchSize, to = 0; from < used; from = to) {
      const whole = Math.min(from + stackSize() * batchSize, full)
      to = whole > from ? whole : used // one batch remains, which is not full
      const indices = order.subarray(from, to)
      yield transformed(picked(dataset, indices, memory), indices, epoch)
    }
  }
  return {
    dataset,
    batchSize,
    length: Math.ceil(used / batchSize),
    stacks: (epoch, stackSize, first) => stacksIn(reused(), epoch, stackSize, first),
    batches: (epoch) => stacksIn(undefined, epoch, () => 1),
  }
}

/** The indices of an epoch's examples. */
function orderOf(dataset: Dataset, { seed, sampler }: LoaderValues, epoch: number): Int32Array {
  if (sampler !== undefined) return sampler.order(dataset, seed ?? 0, epoch)
  return seed === undefined
    ? Int32Array.from({ length: dataset.length }, (_, i) => i)
    : random(seed, 'epoch', epoch).permutation(dataset.length)
}
