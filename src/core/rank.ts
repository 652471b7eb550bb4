/** Rank, from 0, of the process for which the current code traces a step. */
let current = 0

/** Calls `body`, which traces a step for one rank of a data-parallel run: each rank draws random numbers of its own. */
export function atRank<T>(rank: number, body: () => T): T {
  const before = current
  current = rank
  try {
    return body()
  } finally {
    current = before
  }
}

/** Returns the rank for which a step is being traced; 0 outside `atRank`. */
export const rankHere = (): number => current
