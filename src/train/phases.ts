import type { Batch } from '../data/batch.ts'
import { rows } from './rows.ts'
import { type Failure, joinedSteps, type Steps } from './steps.ts'

/**
 * Trains on `count` batches and skips each batch that would make a loss or a variable NaN or infinite.
 *
 * Passes many batches to each call of `attempt`. After a failure, retries only the batches before the first bad one;
 * then tries one batch, and doubles the number after each success. A failed call changes nothing, so the number of
 * batches per call does not affect the result.
 *
 * @param attempt trains on batches `from` (inclusive) to `to` (exclusive)
 */
export async function skipping(
  count: number,
  attempt: (from: number, to: number) => Promise<Steps | Failure>,
): Promise<Steps> {
  const done: Steps[] = []
  let skipped = 0
  for (let at = 0, size = count; at < count; ) {
    const tried = Math.min(size, count - at)
    const result = await attempt(at, at + tried)
    if (!('bad' in result)) {
      done.push(result)
      at += tried
      size = 2 * tried
    } else if (tried === 1) {
      skipped++
      at++
    } else {
      size = result.bad > 0 ? result.bad : Math.max(1, result.bad === 0 ? 1 : tried >> 1)
    }
  }
  return { ...joinedSteps(done), ...(skipped > 0 && { skipped }) }
}

/**
 * Takes a step for each batch in a stack (several batches, concatenated), by one call of `learn` from a border to the
 * next. Ends after a call with a loss that is not finite.
 *
 * @param given.borders indices of the batches before which the graph of a step changes, ascending, without 0
 * @param learn takes the steps of a part of the stack, which begins at the batch with index `from`
 */
export async function inPhases(
  given: { readonly stack: Batch; readonly batchSize: number; readonly borders: readonly number[] },
  learn: (part: Batch, from: number) => Promise<Omit<Steps, 'lrs'>>,
): Promise<Omit<Steps, 'lrs'>> {
  const { stack, batchSize, borders } = given
  const count = stack.length / batchSize
  const done: Steps[] = []
  for (const [i, from] of [0, ...borders].entries()) {
    const part = await learn(rows(stack, batchSize, from, borders[i] ?? count), from)
    done.push({ ...part, lrs: new Float64Array(part.losses.length) })
    if (!part.losses.every(Number.isFinite)) break
  }
  const { lrs: _, ...joined } = joinedSteps(done)
  return joined
}
