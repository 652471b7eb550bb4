import type { Data } from '../core/dtype.ts'

/** What steps did: the loss of each batch before its update, and the rate that the update used. */
export interface Steps {
  readonly losses: Float32Array | Float64Array
  readonly lrs: Float64Array
  /** √Σg² of each step, before clipping, where the task tells it. */
  readonly gradientNorms?: Float32Array | Float64Array
  /** How many batches were left out, where some were. */
  readonly skipped?: number
}

/** Losses and norms as they are told. */
export const told = (losses: Data, gradientNorms: Data | undefined): Omit<Steps, 'lrs'> => ({
  losses: losses as Float32Array | Float64Array,
  ...(gradientNorms && { gradientNorms: gradientNorms as Float32Array | Float64Array }),
})

/** The steps of several calls, one after another. */
export function joined(parts: readonly Steps[]): Steps {
  if (parts.length === 1) return parts[0]!
  const all = (of: (part: Steps) => ArrayLike<number>): Float64Array =>
    Float64Array.from(parts.flatMap((part) => Array.from(of(part))))
  return {
    losses: all(({ losses }) => losses),
    lrs: all(({ lrs }) => lrs),
    ...(parts[0]?.gradientNorms && { gradientNorms: all(({ gradientNorms }) => gradientNorms ?? []) }),
  }
}
