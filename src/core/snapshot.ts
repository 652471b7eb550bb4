import type { Variable } from './variable.ts'

/** Remembers the variables' current value arrays, without copying. @returns a function that restores them */
export function snapshot(variables: Iterable<Variable>): () => void {
  const before = [...variables].map((variable) => [variable, variable.data] as const)
  return () => {
    for (const [variable, data] of before) variable.data = data
  }
}

/** Runs `body`, then restores the earlier values of `variables`, even if `body` throws. @returns its result */
export async function unchanged<T>(variables: Iterable<Variable>, body: () => Promise<T>): Promise<T> {
  const restore = snapshot(variables)
  try {
    return await body()
  } finally {
    restore()
  }
}
