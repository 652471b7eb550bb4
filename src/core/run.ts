/** Number of optimizer steps in the run during which the current code executes; undefined outside of a run. */
let current: number | undefined

/**
 * Calls `body` as a part of a run of `steps` optimizer steps; only during a run can schedules whose lengths are
 * fractions of the run be evaluated. If `steps` is undefined, any surrounding run stays in effect.
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
