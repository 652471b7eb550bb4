import type { Data } from '../core/dtype.ts'

/** What steps did: the loss of each batch before its update, and the rate that the update used. */
export interface Steps {
  readonly losses: Float32Array | Float64Array
  readonly lrs: Float64Array
  /** What else was to be logged, by name: a number a step. */
  readonly logs?: Readonly<Record<string, ArrayLike<number>>>
  /** How many batches were left out, where some were. */
  readonly skipped?: number
}

/** Losses, and logs where there are some, as they are told. */
export const told = (losses: Data, logs: Readonly<Record<string, Data>>): Omit<Steps, 'lrs'> => ({
  losses: losses as Float32Array | Float64Array,
  ...(Object.keys(logs).length > 0 && { logs: logs as Record<string, Float32Array | Float64Array> }),
})

/** The steps of several calls, one after another. */
export function joinedSteps(parts: readonly Steps[]): Steps {
  if (parts.length === 1) return parts[0]!
  const all = (of: (part: Steps) => ArrayLike<number>): Float64Array =>
    Float64Array.from(parts.flatMap((part) => Array.from(of(part))))
  const names = Object.keys(parts[0]?.logs ?? {})
  const logs = Object.fromEntries(names.map((name) => [name, all((part) => part.logs?.[name] ?? [])]))
  return {
    losses: all(({ losses }) => losses),
    lrs: all(({ lrs }) => lrs),
    ...(names.length > 0 && { logs }),
  }
}
