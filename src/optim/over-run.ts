import { wholeRun } from '../schedule/length.ts'
import { isSchedule } from '../schedule/schedule.ts'
import type { Optimizer } from './optimizer.ts'

/**
 * Returns the optimizer with all lengths in its schedules converted to steps of a run of `steps` steps; the same
 * object if all lengths are in steps already.
 */
export function overRun(optimizer: Optimizer, steps: number): Optimizer {
  const { type, ...given } = optimizer.spec
  const changed = resolved(given, steps)
  return changed === given ? optimizer : optimizer.with(changed as typeof given)
}

/** Whether any length in the optimizer's schedules is a fraction of the run instead of a number of steps. */
export const isRelative = (optimizer: Optimizer): boolean => resolved(optimizer.spec, 1) !== optimizer.spec

/** Returns options with schedule lengths converted to steps; the same object if no length is a fraction. */
function resolved(value: unknown, steps: number): unknown {
  if (isSchedule(value)) return value.within?.(wholeRun(steps)) ?? value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, one, resolved(one, steps)] as const)
  if (entries.every(([, before, after]) => before === after)) return value
  if (Array.isArray(value)) return entries.map(([, , after]) => after)
  return Object.fromEntries(entries.map(([key, , after]) => [key, after]))
}
