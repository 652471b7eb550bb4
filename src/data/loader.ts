import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { random } from '../core/random.ts'
import { type Dataset, gather } from './dataset.ts'

/** Some examples: rows of `x` and `y`, one after another. */
export interface Batch {
  readonly x: Data
  readonly y: Data
  /** How many examples. */
  readonly length: number
}

export interface LoaderOptions {
  /** Examples a batch, ≥ 1. */
  readonly batchSize: number
  /** Shuffle by (seed, epoch); in the order of the data set unless given. */
  readonly seed?: number
  /** What becomes of a last batch that is not full: `drop` it, or `keep` it as it is. `keep` unless given. */
  readonly last?: 'drop' | 'keep'
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
   * The same examples in the same order, up to `count()` full batches at a time: `[K · batchSize]` rows.
   *
   * @param first the batch of the epoch to begin with, from 0
   */
  stacks(epoch: number, count: () => number, first?: number): Generator<Batch>
}

/**
 * Batches of a data set.
 *
 * @throws {ArgumentError} when `batchSize` is not a positive integer, or `drop` would leave no batch.
 * @example for (const { x, y } of data.loader(split.train, { batchSize: 64, seed: 0 }).batches(epoch)) …
 */
export function loader(dataset: Dataset, { batchSize, seed, last = 'keep' }: LoaderOptions): Loader {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(`loader: wanted batchSize as a positive integer, got ${batchSize}`)
  }
  const full = Math.floor(dataset.length / batchSize)
  const used = last === 'drop' ? full * batchSize : dataset.length
  if (used === 0) {
    throw new ArgumentError(
      `loader: wanted at least one batch of ${batchSize}, got ${dataset.length} examples; ` +
        "use a smaller batchSize or last: 'keep'",
    )
  }
  const stacks = function* (epoch: number, count: () => number, first = 0): Generator<Batch> {
    const order =
      seed === undefined
        ? Int32Array.from({ length: dataset.length }, (_, i) => i)
        : random(seed, 'epoch', epoch).permutation(dataset.length)
    for (let from = first * batchSize, to = 0; from < used; from = to) {
      const whole = Math.min(from + count() * batchSize, full * batchSize)
      to = whole > from ? whole : used // what is left is one batch that is not full
      yield {
        x: gather(dataset.x, order, from, to),
        y: gather(dataset.y, order, from, to),
        length: to - from,
      }
    }
  }
  return {
    dataset,
    batchSize,
    length: Math.ceil(used / batchSize),
    stacks,
    batches: (epoch) => stacks(epoch, () => 1),
  }
}
