/** The outcome of some steps: the loss of each batch before its update, and the rate of that update. */
export interface Steps {
  readonly losses: Float32Array | Float64Array
  readonly lrs: Float64Array
  /** What else is logged, by name: a number a step. */
  readonly logs?: Readonly<Record<string, ArrayLike<number>>>
  /** Batches that were left out; absent where none was. */
  readonly skipped?: number
}

/** Joins the steps of several calls, one after another. */
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
