import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Random, random } from '../core/random.ts'
import type { Batch } from './batch.ts'
import { Rows, type Stream } from './stream.ts'
import { type Transform, transforming } from './transform.ts'

export interface StreamLoaderOptions {
  /** Examples a batch, ≥ 1. */
  readonly batchSize: number
  /** Shuffle by (seed, epoch) as far as `shuffleBuffer` reaches; in the stream's order unless given. */
  readonly seed?: number
  /** Examples held back so that one of them, at random, comes next; 4096 unless given. */
  readonly shuffleBuffer?: number
  /** What becomes of a last batch that is not full: `drop` it, or `keep` it as it is. `keep` unless given. */
  readonly last?: 'drop' | 'keep'
  /** Changes examples one after another; their numbers count from the start of the stream. */
  readonly transform?: Transform | readonly Transform[]
}

/** Batches of a stream. How many there are shows when it ends. */
export interface StreamLoader {
  readonly stream: Stream
  readonly batchSize: number
  /** The batches of one epoch, counted from 0. */
  batches(epoch: number): AsyncGenerator<Batch>
  /**
   * The same examples in the same order, up to `count()` full batches at a time: `[K · batchSize]` rows.
   *
   * @param first the batch of the epoch to begin with, from 0: those before are read all the same
   */
  stacks(epoch: number, count: () => number, first?: number): AsyncGenerator<Batch>
}

/**
 * Batches of a stream: transformed as they come, then shuffled, then put together.
 *
 * @throws {ArgumentError} when an epoch ends without a batch, or before the one to begin with.
 */
export function streamLoader(stream: Stream, options: StreamLoaderOptions): StreamLoader {
  const { batchSize, seed, shuffleBuffer = 4096, last = 'keep', transform = [] } = options
  if (!Number.isInteger(shuffleBuffer) || shuffleBuffer < 1) {
    throw mismatch('loader', 'shuffleBuffer as a positive integer', shuffleBuffer)
  }
  const transforms = [transform].flat()
  const transformed = transforming(stream, transforms, seed ?? 0)
  const changed = async function* (epoch: number): AsyncGenerator<Batch> {
    let count = 0
    for await (const batch of stream.read(epoch)) {
      const indices = Int32Array.from({ length: batch.length }, (_, i) => count + i)
      count += batch.length
      yield transformed(transforms.length > 0 ? owned(batch) : batch, indices, epoch)
    }
  }
  const ordered = (epoch: number): AsyncGenerator<Batch> =>
    seed === undefined
      ? changed(epoch)
      : shuffled(changed(epoch), stream, shuffleBuffer, random(seed, 'epoch', epoch))
  const stacks = async function* (
    epoch: number,
    count: () => number,
    first: number = 0,
  ): AsyncGenerator<Batch> {
    let seen = 0
    const counted = async function* (): AsyncGenerator<Batch> {
      for await (const batch of ordered(epoch)) {
        const skipped = Math.min(batch.length, Math.max(0, first * batchSize - seen))
        seen += batch.length
        if (skipped < batch.length) yield part(batch, skipped, batch.length)
      }
    }
    for await (const stack of restacked(counted(), stream, () => count() * batchSize)) {
      const full = stack.length - (stack.length % batchSize)
      if (full > 0) yield part(stack, 0, full)
      // In memory of its own: where it starts in the stack depends on how many batches that had, and sums may round
      // otherwise where numbers start elsewhere.
      if (full < stack.length && last === 'keep') yield owned(part(stack, full, stack.length))
    }
    checkEnd(seen, options, first)
  }
  return { stream, batchSize, stacks, batches: (epoch) => stacks(epoch, () => 1) }
}

/** What an epoch of `seen` examples must have had. */
function checkEnd(seen: number, { batchSize, last = 'keep' }: StreamLoaderOptions, first: number): void {
  if (seen < (last === 'drop' ? batchSize : 1)) {
    throw new ArgumentError(
      `loader: wanted at least one batch of ${batchSize}, got ${seen} examples; ` +
        "use a smaller batchSize or last: 'keep'",
    )
  }
  if (seen <= (first - 1) * batchSize) {
    throw new ArgumentError(
      `loader: wanted a stream of at least ${first} batches, as before, got ${seen} examples; read the same one`,
    )
  }
}

const owned = ({ x, y, length }: Batch): Batch => ({ x: x.slice(), y: y.slice(), length })

function part({ x, y, length }: Batch, from: number, to: number): Batch {
  const [xSize, ySize] = [x.length / length, y.length / length]
  return {
    x: x.subarray(from * xSize, to * xSize),
    y: y.subarray(from * ySize, to * ySize),
    length: to - from,
  }
}

/**
 * The same rows in another order: each takes the place of one of `size` that wait, chosen at random, which goes
 * on. At the end those that still wait go on in random order.
 */
async function* shuffled(
  batches: AsyncIterable<Batch>,
  { x, y }: Stream,
  size: number,
  stream: Random,
): AsyncGenerator<Batch> {
  const waiting = new Rows(x, y, size)
  for await (const batch of batches) {
    const filling = Math.min(size - waiting.length, batch.length)
    waiting.copy(batch, 0, filling)
    const out = new Rows(x, y, batch.length - filling)
    for (let row = filling; row < batch.length; row++) {
      const slot = Math.floor(stream.uniform(0, size))
      out.copy(waiting.batch, slot, 1)
      waiting.copy(batch, row, 1, slot)
    }
    if (out.length > 0) yield out.batch
  }
  const rest = new Rows(x, y, waiting.length)
  for (const row of stream.permutation(waiting.length)) rest.copy(waiting.batch, row, 1)
  if (rest.length > 0) yield rest.batch
}

/** The same rows, `size()` at a time as long as there are as many. */
async function* restacked(
  batches: AsyncIterable<Batch>,
  { x, y }: Stream,
  size: () => number,
): AsyncGenerator<Batch> {
  let wanted = size()
  let rows = new Rows(x, y, wanted)
  for await (const batch of batches) {
    for (let from = 0, taken = 0; from < batch.length; from += taken) {
      taken = Math.min(wanted - rows.length, batch.length - from)
      rows.copy(batch, from, taken)
      if (rows.length < wanted) continue
      yield rows.batch
      wanted = size()
      rows = new Rows(x, y, wanted)
    }
  }
  if (rows.length > 0) yield rows.batch
}
