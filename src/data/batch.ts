import type { Data } from '../core/dtype.ts'

/** Some examples: rows of `x` and `y`, one after another. */
export interface Batch {
  readonly x: Data
  readonly y: Data
  /** How many examples. */
  readonly length: number
}
