import { exclusively } from './exclusive.ts'
import type { Variable } from './variable.ts'

/** Remembers the variables' current value arrays, without copying. @returns a function that restores them */
export function snapshot(variables: Iterable<Variable>): () => void {
  const before = [...variables].map((variable) => [variable, variable.data] as const)
  return () => {
    for (const [variable, data] of before) variable.data = data
  }
}

/**
 * Runs `body`, then restores the previous values of `variables`, even if `body` throws. Other calls that use
 * these variables wait until then.
 *
 * @returns the result of `body`
 */
export function unchanged<T>(variables: Iterable<Variable>, body: () => Promise<T>): Promise<T> {
  const all = [...variables]
  const restoring = async (): Promise<T> => {
    const restore = snapshot(all)
    try {
      return await body()
    } finally {
      restore()
    }
  }
  return exclusively(all, restoring, { changes: true })
}
