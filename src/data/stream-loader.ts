import type { Batch } from './batch.ts'
import type { LoaderValues } from './loader-options.ts'
import type { Stream } from './stream.ts'
import { transforming } from './transform.ts'

/** Reads a stream batch by batch. The number of batches is unknown until the stream ends. */
export interface StreamLoader {
  readonly stream: Stream
  readonly batchSize: number
  /** Yields the batches of one epoch; the first epoch is 0. */
  batches(epoch: number): AsyncGenerator<Batch>
  /**
   * Yields the examples of `batches` in stacks: each stack joins up to `count()` full batches into one large
   * batch; a last batch that is not full is a stack of its own.
   *
   * @param first index of the batch to start at; earlier batches are read and discarded
   */
  stacks(epoch: number, count: () => number, first?: number): AsyncGenerator<Batch>
}

/**
 * Makes a loader of a stream: examples are transformed, then shuffled, then grouped into batches.
 *
 * @throws {ArgumentError} when an epoch ends without a batch, or before batch `first`.
 */
export function streamLoader(stream: Stream, options: LoaderValues): StreamLoader {
  const { batchSize, transform, seed } = options
  const transformed = transforming(stream, transform, seed ?? 0)
  const stacks = async function* (epoch: number, count: () => number, first = 0): AsyncGenerator<Batch> {
    const { streamStacks } = await import('./stream-batches.ts') // few pages read streams
    yield* streamStacks(stream, options, transformed, [epoch, count, first])
  }
  return { stream, batchSize, stacks, batches: (epoch) => stacks(epoch, () => 1) }
}
