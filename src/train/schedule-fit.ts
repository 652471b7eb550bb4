import { count, figure } from '../core/text.ts'
import { over } from '../schedule/over.ts'
import { isSchedule, type Schedule } from '../schedule/schedule.ts'
import { timingOf } from '../schedule/spec.ts'
import { stretched } from '../schedule/stretched.ts'
import { format } from '../schedule/text/format.ts'
import type { Experiment } from './experiment.ts'
import { type Length, runLength } from './length.ts'

/**
 * Returns a sentence for each schedule of an experiment's optimizer whose end and the end of its runs differ by
 * more than 2 % of the run: it trains on at a low final value, or ends before the schedule does. A schedule that
 * has no end, or rises to it, is fine, and so is one that is meant to end at a percentage of the run.
 *
 * @example train.scheduleWarnings(experiment) // []
 */
export function scheduleWarnings(experiment: Experiment): readonly string[] {
  const length = runLength(experiment)
  const { steps } = length
  if (steps === undefined || steps === 0) return []
  const schedules = schedulesIn('optimizer', experiment.optimizer.spec)
  const { scheduleSteps = steps } = experiment
  return [...schedules].flatMap(([schedule, name]) =>
    misfitOf(name, { schedule, of: scheduleSteps }, { ...length, steps }),
  )
}

/** Returns the schedules in an optimizer's options, each once, with their paths. */
function schedulesIn(path: string, value: unknown): Map<Schedule, string> {
  if (isSchedule(value)) return new Map([[value, path]])
  if (typeof value !== 'object' || value === null) return new Map()
  const inside = Object.entries(value).map(([key, one]) => schedulesIn(`${path}.${key}`, one))
  return new Map(inside.reverse().flatMap((found) => [...found]))
}

function misfitOf(
  name: string,
  { schedule, of }: { readonly schedule: Schedule; readonly of: number },
  run: Length & { readonly steps: number },
): string[] {
  const { steps } = run
  const slack = Math.max(0.02 * steps, 1)
  const resolved = over(schedule, of)
  const { end, last } = timingOf(resolved.spec)
  const fix = adviceFor(resolved, end, run)
  if (last > steps + slack) {
    const value = figure(resolved(steps - 1), 4)
    return [
      `${name} is planned for ${count(last)} steps, but the run ends at step ${count(steps)}, at ${value}: ${fix}`,
    ]
  }
  // A schedule of percentages that ends early is meant to: its end moves with the length of the run.
  const isMeant = timingOf(over(schedule, 2 * of).spec).end > 1.5 * end
  if (end >= steps - slack || isMeant) return []
  const held = heldValue(resolved, end)
  if (held !== undefined && !decays(resolved, end, held)) return []
  const rest = held === undefined ? 'has no value' : `stays at ${figure(held, 4)}`
  return [`${name} ends at step ${count(end)} of ${count(steps)}, and then ${rest}: ${fix}`]
}

/** Returns the value that a schedule has after its end; undefined if it throws there. */
function heldValue(schedule: Schedule, end: number): number | undefined {
  try {
    return schedule(Math.ceil(end) + 1)
  } catch {
    return undefined
  }
}

/** Whether a schedule's last value is below its highest one, of 200 that are evenly spaced. */
function decays(schedule: Schedule, end: number, last: number): boolean {
  const values = Array.from({ length: 200 }, (_, i) => schedule(Math.floor((i * end) / 200)))
  return last < 0.99 * Math.max(...values)
}

function adviceFor(schedule: Schedule, end: number, { epochs }: Length): string {
  const unit = end === epochs ? 'lengths are in steps, not epochs; ' : ''
  const text = textOver(schedule)
  if (text === undefined) return `${unit}give its lengths as percentages of the run, such as '100%'`
  return `${unit}to span the run, write '${text}'`
}

/** Returns the text of the same curve over a whole run; undefined if it has none. */
function textOver(schedule: Schedule): string | undefined {
  const whole = stretched(schedule)
  return whole && format(whole).replace(/ over 100%$/, '')
}
