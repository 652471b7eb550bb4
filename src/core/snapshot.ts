import type { Variable } from './variable.ts'

/** Remembers the numbers of variables without copying them. Returns a function that restores them. */
export function snapshot(variables: Iterable<Variable>): () => void {
  const before = [...variables].map((variable) => [variable, variable.data] as const)
  return () => {
    for (const [variable, data] of before) variable.data = data
  }
}

/** Runs `body`, then restores the numbers of every variable, whether it returned or threw. */
export async function unchanged<T>(variables: Iterable<Variable>, body: () => Promise<T>): Promise<T> {
  const restore = snapshot(variables)
  try {
    return await body()
  } finally {
    restore()
  }
}
