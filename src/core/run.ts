/** Number of optimizer steps of the run that the code being executed belongs to; undefined outside a run. */
let current: number | undefined

/**
 * Calls `body` as a part of a run of `steps` optimizer steps: meanwhile, schedules whose lengths are fractions of
 * the run have values. Without `steps`, calls it as a part of the run around this call, if any.
 */
export function duringRun<T>(steps: number | undefined, body: () => T): T {
  const before = current
  current = steps ?? before
  try {
    return body()
  } finally {
    current = before
  }
}

/** Returns the number of steps of the run that this call belongs to; undefined outside `duringRun`. */
export const stepsOfRun = (): number | undefined => current
