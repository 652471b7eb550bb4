import { count, figure } from '../core/text.ts'
import type { Module } from '../nn/module.ts'
import { modules } from '../nn/modules.ts'
import { wholeRun } from '../schedule/length.ts'
import { type Curve, isSchedule, type Schedule } from '../schedule/schedule.ts'
import { timingOf } from '../schedule/timing-of.ts'
import type { Experiment } from './experiment.ts'
import { type Length, runLength } from './length.ts'
import { highest, onlyRises, settledAt } from './schedule-samples.ts'

/** Length of a run whose number of steps is known; percentages in schedules refer to `of` steps. */
type KnownRun = Length & { readonly steps: number; readonly of: number }

/** What is known about a schedule that does not fit the run: enough to say how to change it. */
export interface Misfit {
  /** The schedule, with lengths in steps; absent if a text says already what to do. */
  readonly schedule?: Schedule
  readonly end: number
  readonly run: Length
  /** The schedule as given, if its warmup may be what is too long. */
  readonly given?: Schedule
  /** The sentence up to the advice. */
  readonly said: string
  /** The advice, if it does not depend on the schedule. */
  readonly advice?: string
}

/** Finds the schedules of the optimizer and of the model's layers that do not fit the run: see `scheduleWarnings`. */
export function misfits(experiment: Experiment, model: Module): readonly Misfit[] {
  const length = runLength(experiment)
  const { steps } = length
  if (steps === undefined || steps === 0) return []
  const run = { ...length, steps, of: experiment.scheduleSteps ?? steps }
  const { spec } = experiment.optimizer
  const schedules = [...schedulesIn('optimizer', spec), ...schedulesOf(model)]
  const found = schedules.flatMap(([schedule, name]) => misfitOf(name, schedule, run))
  return [...found, ...rateOfFunction(spec.lr, run)]
}

const over = (schedule: Schedule, steps: number): Schedule => schedule.within?.(wholeRun(steps)) ?? schedule

/** Returns the schedules in an optimizer's options with their paths, each schedule once. */
function schedulesIn(path: string, value: unknown): Map<Schedule, string> {
  if (isSchedule(value)) return new Map([[value, path]])
  if (typeof value !== 'object' || value === null) return new Map()
  const inside = Object.entries(value).map(([key, one]) => schedulesIn(`${path}.${key}`, one))
  return new Map(inside.reverse().flatMap((found) => [...found]))
}

/** Returns the schedules in the fields of a model's layers with their paths, each schedule once. */
function schedulesOf(model: Module): Map<Schedule, string> {
  const found = [...modules(model)].flatMap(([path, layer]) =>
    Object.entries(layer).flatMap(([field, value]) =>
      isSchedule(value) ? [[value, path ? `${path}.${field}` : field] as const] : [],
    ),
  )
  return new Map(found.reverse())
}

function misfitOf(name: string, schedule: Schedule, run: KnownRun): Misfit[] {
  const { steps, of } = run
  const slack = Math.max(0.02 * steps, 1)
  const resolved = over(schedule, of)
  const { end, last } = timingOf(resolved)
  if (last > steps + slack) {
    const value = figure(resolved(steps - 1), 4)
    const said = `${name} is planned for ${count(last)} steps, but the run ends at step ${count(steps)}, at ${value}: `
    return [{ schedule: resolved, end, run, given: schedule, said }]
  }
  if (end >= steps - slack) return earlyRate(name, schedule, run)
  // A schedule of percentages that ends early is meant to: its end moves with the length of the run.
  if (timingOf(over(schedule, 2 * of)).end > 1.5 * end) return earlyRate(name, schedule, run)
  const held = heldValue(resolved, end)
  if (held !== undefined && onlyRises(resolved, end, held)) return []
  return [{ schedule: resolved, end, run, said: settling(name, end, steps, held) }]
}

const settling = (name: string, end: number, steps: number, held: number | undefined): string => {
  const rest = held === undefined ? 'has no value' : `stays at ${figure(held, 4)}`
  return `${name} ends at step ${count(end)} of ${count(steps)}, and then ${rest}: `
}

/** Returns a warning, in a list, if a learning rate that declares no length stops changing well before the run ends. */
function earlyRate(name: string, schedule: Schedule, run: KnownRun): Misfit[] {
  const { steps, of, epochs = 0 } = run
  const resolved = over(schedule, of)
  const end = settledAt(resolved, steps)
  if (end === undefined || end === 0 || !/(^|\.)lr$/.test(name)) return []
  const last = resolved(steps - 1)
  const moves = (settledAt(over(schedule, 2 * of), 2 * steps) ?? Infinity) > 1.5 * end
  const { isHeld } = timingOf(resolved)
  const isEarly = end <= steps / 5 && !moves && !isHeld && last < 0.99 * highest(resolved, steps)
  const isIdle = last === 0 && end < steps / 2 && (!moves || name === 'optimizer.lr')
  if (!isEarly && !isIdle) return []
  const unit = end <= epochs ? 'lengths are in steps, not epochs; ' : ''
  const advice = `${unit}give its lengths as percentages of the run, such as '50%'`
  return [{ end, run, said: settling(name, end, steps, last), advice }]
}

/** Returns a warning, as a list of one, if `lr` is a user's own function that is 0 for most of the run; else []. */
function rateOfFunction(lr: unknown, run: KnownRun): Misfit[] {
  const { steps } = run
  if (typeof lr !== 'function' || isSchedule(lr)) return []
  const curve = lr as Curve
  const end = settledAt(curve, steps)
  if (end === undefined || end === 0 || end >= steps / 2 || curve(steps - 1) !== 0) return []
  const advice = 'its argument is the step, not the epoch'
  return [{ end, run, said: settling('optimizer.lr', end, steps, 0), advice }]
}

/** Returns the value that a schedule keeps after its end; undefined if it throws there. */
function heldValue(schedule: Schedule, end: number): number | undefined {
  try {
    return schedule(Math.ceil(end) + 1)
  } catch {
    return undefined
  }
}
