import type { AbortSignalLike } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { type Batch, picked } from '../data/batch.ts'
import type { LossPart } from './loss-terms.ts'

/** Losses and learning rates of consecutive optimizer steps. */
export interface Steps {
  /** Loss of each step's batch, computed before the step's update. */
  readonly losses: Float32Array | Float64Array
  /** Learning rate of each step. */
  readonly lrs: Float64Array
  /** Other logged quantities by name: one value per step. */
  readonly logs?: Readonly<Record<string, ArrayLike<number>>>
  /** Loss parts (totals and weights) of each step, to compute an epoch's loss; absent for a mean over the examples. */
  readonly parts?: readonly (readonly LossPart[])[]
  /** Number of batches skipped because of NaN or infinity; absent if none was. */
  readonly skipped?: number
}

/** How a batch is split into micro-batches. */
export interface Splitting {
  /** Maximum number of examples in a micro-batch. @default always `accumulate` micro-batches */
  readonly most?: number | undefined
  /** Abort signal that stops a step before its next micro-batch; the step is not taken then. */
  readonly signal?: AbortSignalLike | undefined
}

/** Result of a call that failed because a loss or variable became NaN or infinite. The call changed nothing. */
export interface Failure {
  /** Index of the first batch whose loss is not finite; −1 when every loss is finite. */
  readonly bad: number
  /** Loss of batch `bad`; NaN when every loss is finite. */
  readonly loss: number
  /** Whether the loss of batch `bad` is 0/0 because all its labels are ignored. */
  readonly isEmpty: boolean
}

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
 * @param given.borders indices of the batches before which the graph of a step changes
 * @param learn takes the steps of a part of the stack, which begins at the batch with index `from`
 */
export async function inPhases(
  given: { readonly stack: Batch; readonly batchSize: number; readonly borders: readonly number[] },
  learn: (part: Batch, from: number) => Promise<Omit<Steps, 'lrs'>>,
): Promise<Omit<Steps, 'lrs'>> {
  const { stack, batchSize, borders } = given
  const count = stack.length / batchSize
  const inside = borders.filter((at) => at > 0 && at < count)
  if (inside.length === 0) return learn(stack, 0)
  const done: Steps[] = []
  for (const [i, from] of [0, ...inside].entries()) {
    const part = await learn(rows(stack, batchSize, from, inside[i] ?? count), from)
    done.push({ ...part, lrs: new Float64Array(part.losses.length) })
    if (!part.losses.every(Number.isFinite)) break
  }
  const { lrs: _, ...joined } = joinedSteps(done)
  return joined
}

/** Concatenates the results of consecutive calls, each for one or more steps. */
export function joinedSteps(calls: readonly Steps[]): Steps {
  if (calls.length === 1) return calls[0]!
  const all = (of: (steps: Steps) => ArrayLike<number>): Float64Array =>
    Float64Array.from(calls.flatMap((steps) => Array.from(of(steps))))
  const names = Object.keys(calls[0]?.logs ?? {})
  const logs = Object.fromEntries(names.map((name) => [name, all((steps) => steps.logs?.[name] ?? [])]))
  return {
    losses: all(({ losses }) => losses),
    lrs: all(({ lrs }) => lrs),
    ...(names.length > 0 && { logs }),
    ...(calls.some(({ parts }) => parts) && { parts: calls.flatMap(({ parts = [] }) => parts) }),
  }
}

/** Returns batches `from` to `to` (exclusive) of a stack (batches of `size` examples, concatenated). */
export function rows(stack: Batch, size: number, from: number, to: number): Batch {
  if (from === 0 && to * size === stack.length) return stack
  if (stack.from) return picked(stack.from.dataset, stack.from.indices.subarray(from * size, to * size))
  const part = (data: Data): Data => {
    const perBatch = (data.length / stack.length) * size
    return data.slice(from * perBatch, to * perBatch)
  }
  const { x, y, weights } = stack
  const own = weights && { weights: part(weights) }
  return { x: part(x), y: part(y), ...own, length: (to - from) * size }
}
