import type { AbortSignalLike } from '../core/abort.ts'
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
