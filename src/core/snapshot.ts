import type { Variable } from './variable.ts'

/** Records the values of variables, without a copy. Returns a function that restores them. */
export function snapshot(variables: Iterable<Variable>): () => void {
  const before = [...variables].map((variable) => [variable, variable.data] as const)
  return () => {
    for (const [variable, data] of before) variable.data = data
  }
}

/** Runs `body`, then restores the values of every variable, whether `body` returned or threw. */
export async function unchanged<T>(variables: Iterable<Variable>, body: () => Promise<T>): Promise<T> {
  const restore = snapshot(variables)
  try {
    return await body()
  } finally {
    restore()
  }
}
