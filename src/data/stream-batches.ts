import { ArgumentError } from '../core/errors.ts'
import { type Random, random } from '../core/random.ts'
import { type Batch, batchRows, copyOf } from './batch.ts'
import { type LoaderValues, noBatch } from './loader-options.ts'
import type { Stream } from './stream.ts'
import { Rows } from './stream-rows.ts'
import type { transforming } from './transform.ts'

type Transformed = ReturnType<typeof transforming>

/**
 * Yields the examples of a stream in stacks of up to `count()` batches. See `StreamLoader`.
 *
 * @throws {ArgumentError} when the epoch ends without a batch, or before batch `first`.
 */
export async function* streamStacks(
  stream: Stream,
  options: LoaderValues,
  transformed: Transformed,
  [epoch, count, first]: readonly [epoch: number, count: () => number, first: number],
): AsyncGenerator<Batch> {
  const { batchSize, last } = options
  let seen = 0
  const remaining = async function* (): AsyncGenerator<Batch> {
    for await (const batch of ordered(stream, options, transformed, epoch)) {
      const skipped = Math.min(batch.length, Math.max(0, first * batchSize - seen))
      seen += batch.length
      if (skipped < batch.length) yield batchRows(batch, skipped, batch.length)
    }
  }
  for await (const stack of restacked(remaining(), stream, () => count() * batchSize)) {
    const full = stack.length - (stack.length % batchSize)
    if (full > 0) yield batchRows(stack, 0, full)
    // Copied, so that its alignment in memory, and thus the rounding of sums, does not depend on `count`.
    if (full < stack.length && last === 'keep') yield copyOf(batchRows(stack, full, stack.length))
  }
  checkEnd(seen, options, first)
}

/** Reads the examples of one epoch, transforms them, then shuffles them. */
function ordered(
  stream: Stream,
  { seed, shuffleBuffer }: LoaderValues,
  transformed: Transformed,
  epoch: number,
): AsyncGenerator<Batch> {
  const changed = async function* (): AsyncGenerator<Batch> {
    let count = 0
    for await (const batch of stream.read(epoch)) {
      const indices = Int32Array.from({ length: batch.length }, (_, i) => count + i)
      count += batch.length
      yield transformed(batch, indices, epoch)
    }
  }
  return seed === undefined
    ? changed()
    : shuffled(changed(), stream, shuffleBuffer, random(seed, 'epoch', epoch))
}

/** @throws {ArgumentError} when an epoch of `seen` examples has no batch, or too few for batch `first`. */
function checkEnd(seen: number, { batchSize, last }: LoaderValues, first: number): void {
  if (seen < (last === 'drop' ? batchSize : 1))
    throw noBatch('loader', batchSize, seen, "last: 'keep' (in an experiment lastBatch: 'keep')")
  if (seen > (first - 1) * batchSize) return
  const wanted = `a stream of at least ${first} batches, as before`
  throw new ArgumentError(`loader: wanted ${wanted}, got ${seen} examples; read the same one`)
}

/**
 * Shuffles rows (examples) through a buffer of `size` rows: each new row takes the place of a random row of the
 * buffer, and that row is yielded. At the end, the rows left in the buffer are yielded in random order.
 */
async function* shuffled(
  batches: AsyncIterable<Batch>,
  spec: Stream,
  size: number,
  stream: Random,
): AsyncGenerator<Batch> {
  const buffer = new Rows(spec, size)
  for await (const batch of batches) {
    const filling = Math.min(size - buffer.length, batch.length)
    buffer.copy(batch, 0, filling)
    const out = new Rows(spec, batch.length - filling)
    for (let row = filling; row < batch.length; row++) {
      const slot = Math.floor(stream.uniform(0, size))
      out.copy(buffer.batch, slot, 1)
      buffer.copy(batch, row, 1, slot)
    }
    if (out.length > 0) yield out.batch
  }
  const rest = new Rows(spec, buffer.length)
  for (const row of stream.permutation(buffer.length)) rest.copy(buffer.batch, row, 1)
  if (rest.length > 0) yield rest.batch
}

/** Regroups the rows (examples) of batches into batches of `size()` rows; the last may be smaller. */
async function* restacked(
  batches: AsyncIterable<Batch>,
  stream: Stream,
  size: () => number,
): AsyncGenerator<Batch> {
  let wanted = size()
  let rows = new Rows(stream, wanted)
  for await (const batch of batches) {
    for (let from = 0, taken = 0; from < batch.length; from += taken) {
      taken = Math.min(wanted - rows.length, batch.length - from)
      rows.copy(batch, from, taken)
      if (rows.length < wanted) continue
      yield rows.batch
      wanted = size()
      rows = new Rows(stream, wanted)
    }
  }
  if (rows.length > 0) yield rows.batch
}
