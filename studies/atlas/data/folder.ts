import { join } from 'node:path'

/** The path of a file in the folder of data that are not in the package. */
export const dataPath = (name: string): string => join(process.env.EVENSTEP_DATA ?? 'data', name)

/** A function's result, computed at its first call. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
