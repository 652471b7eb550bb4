import { variables } from './state.ts'
import type { Variable } from './variable.ts'

/** A file that weights were read from. */
export interface WeightSource {
  /** Name of the file, without its folder; absent of bytes without a name. */
  readonly file?: string
  /** SHA-256 of the file's bytes, in hexadecimal digits. */
  readonly sha256: string
}

const known = new WeakMap<Variable, readonly WeightSource[]>()

/** Records the files that variables were read from, so that a run can name them. */
export function recordSources(read: Iterable<Variable>, sources: readonly WeightSource[]): void {
  for (const variable of read) known.set(variable, sources)
}

/** Returns the files that a model's variables were read from, each once. */
export function weightSources(model: object): readonly WeightSource[] {
  const found = [...variables(model).values()].flatMap((variable) => known.get(variable) ?? [])
  return [...new Map(found.map((source) => [source.sha256, source])).values()]
}
