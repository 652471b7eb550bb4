import { ArgumentError } from '../core/errors.ts'
import { readOptions } from '../core/options.ts'
import { random } from '../core/random.ts'
import { type Batch, type Memory, picked, reused, viewed } from './batch.ts'
import type { Dataset } from './dataset.ts'
import type { LoaderOptions, LoaderValues, StreamLoaderOptions } from './loader-options.ts'
import { loaderOptions, noBatch } from './loader-options.ts'
import { isStream, type Source, type Stream } from './stream.ts'
import { type StreamLoader, streamLoader } from './stream-loader.ts'
import { transforming } from './transform.ts'

export type { Batch } from './batch.ts'

/** Reads a data set in memory batch by batch; the order of examples depends only on the seed and the epoch. */
export interface Loader {
  readonly dataset: Dataset
  readonly batchSize: number
  /** Number of batches in an epoch. */
  readonly length: number
  /** Yields the batches of one epoch; the first epoch is 0. */
  batches(epoch: number): Generator<Batch>
  /**
   * Yields the examples of `batches` in stacks: each stack joins up to `count()` full batches into one large
   * batch; a last batch that is not full is a stack of its own. Each stack overwrites the memory of the
   * previous stack.
   *
   * @param first index of the batch to start at; 0 if left out
   */
  stacks(epoch: number, count: () => number, first?: number): Generator<Batch>
}

/**
 * Makes a loader, which reads a data set or a stream batch by batch, epoch by epoch.
 *
 * @throws {ArgumentError} when `last: 'drop'` leaves no batch, a transform does not suit the examples, or a
 *   `sampler` is given for a stream or a `shuffleBuffer` for a data set.
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

/** @throws {ArgumentError} for a `sampler` with a stream, or a `shuffleBuffer` with a data set in memory. */
export function checkOrder(
  who: string,
  source: Source,
  { sampler, shuffleBuffer }: { readonly sampler?: unknown; readonly shuffleBuffer?: unknown },
): void {
  const wrong = isStream(source)
    ? sampler !== undefined &&
      'a data set in memory for a sampler, got a stream; leave it out, or data.collect the stream'
    : shuffleBuffer !== undefined &&
      'a stream for shuffleBuffer, got a data set, which is shuffled as a whole; leave it out'
  if (wrong) throw new ArgumentError(`${who}: wanted ${wrong}`)
}

function memoryLoader(dataset: Dataset, options: LoaderValues): Loader {
  const { batchSize, seed, last, sampler, transform } = options
  const count = sampler?.count ?? dataset.length
  const full = count - (count % batchSize)
  const used = last === 'drop' ? full : count
  if (used === 0) throw noBatch('loader', batchSize, count, "last: 'keep'")
  const transformed = transforming(dataset, transform, seed ?? 0)
  const stacksIn = function* (memory: Memory | undefined, epoch: number, stackSize: () => number, first = 0) {
    const order = orderOf(dataset, options, epoch)
    for (let from = first * batchSize, to = 0; from < used; from = to) {
      const whole = Math.min(from + stackSize() * batchSize, full)
      to = whole > from ? whole : used // only the last batch remains, which is not full
      const indices = order.subarray(from, to)
      const isInOrder = memory && seed === undefined && !sampler && [transform].flat().length === 0
      const batch = isInOrder ? viewed(dataset, indices) : picked(dataset, indices, memory)
      yield transformed(batch, indices, epoch)
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

/** Returns the indices of the examples of an epoch, in the order in which they are used. */
function orderOf(dataset: Dataset, { seed, sampler }: LoaderValues, epoch: number): Int32Array {
  if (sampler !== undefined) return sampler.order(dataset, seed ?? 0, epoch)
  if (seed !== undefined) return random(seed, 'epoch', epoch).permutation(dataset.length)
  const order = new Int32Array(dataset.length)
  for (let i = 0; i < order.length; i++) order[i] = i // `Int32Array.from` would take 20 times as long
  return order
}
