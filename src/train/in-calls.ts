import type { AbortSignalLike } from '../core/abort.ts'
import { joinData } from '../core/dtype.ts'
import { type Batch, batchRows } from '../data/batch.ts'
import type { Evaluator, Results } from './evaluator.ts'
import { fieldsOf } from './graphs.ts'
import { locating } from './locate.ts'
import { Pace } from './pace.ts'

/** Batches of `rows` examples to evaluate, concatenated. */
interface Evaluated {
  readonly stack: Batch
  readonly rows: number
  /** Number of the stack's first example in the data set, if the examples are in the data set's order. */
  readonly first?: number
}

/** Evaluates a stack by an evaluator's graph. */
type Evaluate = (graph: Evaluator['graph'], evaluated: Evaluated) => Promise<Results>

/**
 * Returns a function that evaluates stacks in calls as short as those of training, so that a signal never waits longer
 * than for one call. How a stack is split does not affect the results.
 *
 * @returns the function, which throws the reason of `signal` between two calls, once it is aborted
 */
export function inCalls(signal?: AbortSignalLike): Evaluate {
  const pace = new Pace()
  return async (graph, { stack, rows, first }) => {
    const batches = stack.length / rows
    const { from: picked } = stack // absent once examples were read
    const parts: Results[] = []
    for (let from = 0, to = 0; from < batches; from = to) {
      if (from > 0) signal?.throwIfAborted()
      to = Math.min(batches, from + pace.steps)
      const feeds = fieldsOf(batchRows(stack, from * rows, to * rows))
      const begun = performance.now()
      const indices = picked && { from: { ...picked, indices: picked.indices.subarray(from * rows) } }
      const at = first === undefined ? undefined : first + from * rows
      parts.push(await locating({ ...indices }, rows, () => graph(feeds), at))
      pace.learn(to - from, performance.now() - begun)
    }
    return joined(parts)
  }
}

/** Concatenates the results of several calls, separately for each output of the graph. */
const joined = (parts: readonly Results[]): Results =>
  Object.fromEntries(
    Object.keys(parts[0]!).map((name) => [name, joinData(parts.map((part) => part[name as keyof Results]))]),
  ) as unknown as Results
