import { variables } from './state.ts'
import type { Variable } from './variable.ts'

/** Locks variables: makes them not trainable. @returns a function that unlocks those that were not locked before */
export function lock(variables: Iterable<Variable>): () => void {
  const locked = [...variables].filter(({ trainable }) => trainable)
  for (const variable of locked) variable.trainable = false
  return () => {
    for (const variable of locked) variable.trainable = true
  }
}

/** Returns the weights of a model that are locked. */
export const lockedIn = (model: object): readonly Variable[] =>
  [...variables(model).values()].filter(({ isWeight, trainable }) => isWeight && !trainable)

/** Runs `body` while `variables` are locked. @returns the result of `body` */
export function whileLocked<T>(variables: Iterable<Variable>, body: () => T): T {
  const unlock = lock(variables)
  try {
    return body()
  } finally {
    unlock()
  }
}
