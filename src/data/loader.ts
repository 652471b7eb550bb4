import { ArgumentError } from '../core/errors.ts'
import { checkKnown, mismatch } from '../core/mismatch.ts'
import { random } from '../core/random.ts'
import { type Batch, type Memory, picked, reused } from './batch.ts'
import type { Dataset } from './dataset.ts'
import type { Sampler } from './sampler.ts'
import { isStream, type Source, type Stream } from './stream.ts'
import { type StreamLoader, type StreamLoaderOptions, streamLoader } from './stream-loader.ts'
import { type Transform, transforming } from './transform.ts'

export type { Batch } from './batch.ts'

export interface LoaderOptions {
  /** Examples a batch, ≥ 1. */
  readonly batchSize: number
  /** Shuffle by (seed, epoch), and transform by (seed, epoch, example); in the data set's order unless given. */
  readonly seed?: number
  /** What becomes of a last batch that is not full: `drop` it, or `keep` it as it is. `keep` unless given. */
  readonly last?: 'drop' | 'keep'
  /** Which examples an epoch has, instead of each once. */
  readonly sampler?: Sampler
  /** Changes examples on their way out, one after another. For training: evaluation has none. */
  readonly transform?: Transform | readonly Transform[]
}

/** Batches of a data set, in an order that depends on (seed, epoch) alone. */
export interface Loader {
  readonly dataset: Dataset
  readonly batchSize: number
  /** Batches an epoch. */
  readonly length: number
  /** The batches of one epoch, counted from 0. */
  batches(epoch: number): Generator<Batch>
  /**
   * The same examples in the same order, up to `count()` full batches at a time: `[K · batchSize]` rows. The next
   * stack is written over the last one: fresh memory costs more than the numbers in it.
   *
   * @param first the batch of the epoch to begin with, from 0
   */
  stacks(epoch: number, count: () => number, first?: number): Generator<Batch>
}

/**
 * Batches of a data set, or of a stream.
 *
 * @throws {ArgumentError} when `batchSize` is not a positive integer, `drop` would leave no batch, a transform does
 *   not suit the examples, or there is a `sampler` for a stream or a `shuffleBuffer` for a data set.
 * @example for (const { x, y } of data.loader(split.train, { batchSize: 64, seed: 0 }).batches(epoch)) …
 */
export function loader(dataset: Dataset, options: LoaderOptions): Loader
export function loader(stream: Stream, options: StreamLoaderOptions): StreamLoader
export function loader(source: Source, options: LoaderOptions & StreamLoaderOptions): Loader | StreamLoader
export function loader(source: Source, options: LoaderOptions & StreamLoaderOptions): Loader | StreamLoader {
  checkKnown('loader', options, optionNames)
  const { batchSize } = options
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw mismatch('loader', 'batchSize as a positive integer', batchSize)
  }
  checkOrder('loader', source, options)
  return isStream(source) ? streamLoader(source, options) : memoryLoader(source, options)
}

const optionNames = {
  batchSize: true,
  seed: true,
  last: true,
  sampler: true,
  shuffleBuffer: true,
  transform: true,
} as const

/** @throws {ArgumentError} when the order that is asked for is one that such a source cannot have. */
export function checkOrder(
  who: string,
  source: Source,
  {
    sampler,
    shuffleBuffer,
  }: { readonly sampler?: Sampler | undefined; readonly shuffleBuffer?: number | undefined },
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

function memoryLoader(dataset: Dataset, options: LoaderOptions): Loader {
  const { batchSize, seed, last = 'keep', sampler, transform = [] } = options
  const count = sampler?.count ?? dataset.length
  const full = Math.floor(count / batchSize)
  const used = last === 'drop' ? full * batchSize : count
  if (used === 0) {
    throw new ArgumentError(
      `loader: wanted at least one batch of ${batchSize}, got ${count} examples; ` +
        "use a smaller batchSize or last: 'keep'",
    )
  }
  const transforms = [transform].flat()
  const transformed = transforming(dataset, transforms, seed ?? 0)
  const orderOf = (epoch: number): Int32Array => {
    if (sampler !== undefined) return sampler.order(dataset, seed ?? 0, epoch)
    return seed === undefined
      ? Int32Array.from({ length: count }, (_, i) => i)
      : random(seed, 'epoch', epoch).permutation(count)
  }
  const stacksIn = function* (
    memory: Memory | undefined,
    epoch: number,
    count: () => number,
    first: number = 0,
  ): Generator<Batch> {
    const order = orderOf(epoch)
    for (let from = first * batchSize, to = 0; from < used; from = to) {
      const whole = Math.min(from + count() * batchSize, full * batchSize)
      to = whole > from ? whole : used // what is left is one batch that is not full
      const indices = order.subarray(from, to)
      const batch = picked(dataset, indices, memory)
      // A spread batch has its rows, and no longer says that they are from the data set: they are about to change.
      yield transforms.length === 0 ? batch : transformed({ ...batch }, indices, epoch)
    }
  }
  return {
    dataset,
    batchSize,
    length: Math.ceil(used / batchSize),
    stacks: (epoch, count, first) => stacksIn(reused(), epoch, count, first),
    batches: (epoch) => stacksIn(undefined, epoch, () => 1),
  }
}
