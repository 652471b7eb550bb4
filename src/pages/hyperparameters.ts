import type { Schedule } from '../schedule/index.ts'
import { parse } from '../schedule/index.ts'
import type { Steps } from '../train/steps.ts'
import { curveAt, m4, shortened } from './downsample.ts'
import type { NamedCurve } from './views.ts'

/** Number of steps at which schedules are evaluated. */
const points = 300

/**
 * Returns the course of all hyperparameters that vary: the learning rate as the log has it, and the optimizer's others as
 * their schedules prescribe, by their path in the optimizer, such as `momentum`.
 */
export function hyperparametersIn(
  optimizer: unknown,
  { lrs }: Steps,
  [from, to]: readonly [number, number],
  columns: number,
): NamedCurve[] {
  const lr = { name: 'lr', ...curveAt(lrs, m4(lrs, from, to, columns)) }
  const count = Math.min(points, to - from)
  const steps = Array.from({ length: count }, (_, i) => from + Math.floor((i * (to - from)) / count))
  const others = schedulesIn(optimizer).map(([name, schedule]) => ({
    name,
    x: steps,
    y: steps.map((step) => shortened(schedule(step))),
  }))
  return [lr, ...others]
}

/** Maximum depth of objects in a description that are searched. */
const deepest = 6

/** Finds the schedules in an optimizer's description, other than that of the learning rate. */
function schedulesIn(value: unknown, path: readonly string[] = []): [string, Schedule][] {
  if (typeof value !== 'object' || value === null || path.length > deepest) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = [...path, key]
    if (name.join() === 'lr') return []
    const schedule = scheduleIn(inner)
    return schedule ? [[name.join('.'), schedule] as [string, Schedule]] : schedulesIn(inner, name)
  })
}

function scheduleIn(value: unknown): Schedule | undefined {
  if (typeof Object(value).type !== 'string') return undefined
  try {
    return parse(value as never)
  } catch {
    return undefined // another thing with a type, such as an average of weights
  }
}
