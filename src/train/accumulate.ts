import { mismatch } from '../core/mismatch.ts'
import { choice, nested, type Option, type OptionsOf, required, size } from '../core/options.ts'

const options = {
  /** Number of micro-batches per optimizer step. */
  steps: required(size),
  /**
   * Examples over which batch normalization computes its statistics.
   *
   * - `perMicroBatch`: over each micro-batch separately, as other frameworks do. Running statistics are updated once
   *   per micro-batch, so after an optimizer step their old values weigh only (1 − momentum)^steps.
   * - `exact`: over all micro-batches together, by computing one large batch. This saves no memory, because every
   *   example's normalization and gradient depend on all other examples.
   *
   * @default 'perMicroBatch'
   */
  batchNorm: choice(['perMicroBatch', 'exact']),
}

export interface Accumulate extends OptionsOf<typeof options> {}

const parts = nested(options)

/** The option `accumulate`: number of micro-batches per optimizer step. A number `n` means `{ steps: n }`. */
export const accumulate: Option<number | Accumulate> = {
  wanted: "a positive integer, or as { steps, batchNorm: 'perMicroBatch' or 'exact' }",
  fallback: 1,
  read(who, name, value) {
    if (typeof value === 'object' && value !== null) return parts.read(who, name, value) as Accumulate
    if (Number.isInteger(value) && (value as number) >= 1) return value as number
    throw mismatch(who, `${name} as ${this.wanted}`, value)
  },
}

/** Returns the number of training-graph runs per optimizer step: 1 for `exact`, else one per micro-batch. */
export const graphRunsPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.batchNorm === 'exact' ? 1 : accumulate.steps

/** Returns the number of micro-batches per optimizer step. */
export const microBatchesPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.steps
