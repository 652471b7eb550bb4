import { joinedSteps, type Steps } from './steps.ts'

/** Steps that could not be taken, because a loss or a resulting number is not finite. Nothing has changed. */
export interface Failure {
  /** The first batch whose loss is not finite, of those tried; −1 when all losses are. */
  readonly bad: number
  /** Its loss. */
  readonly loss: number
}

/**
 * Learns from batches, skipping each that would make a number not finite, as if it had not been there.
 *
 * Many batches are tried at a time. After a failure, those before the first bad one are tried again, then one,
 * and twice as many each time. A failure changes nothing, so the result does not depend on the tries.
 *
 * @param attempt takes the steps of batches `from` to `to`, exclusive, or fails
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
