import { count, figure } from '../core/text.ts'
import type { Module } from '../nn/module.ts'
import { modules } from '../nn/modules.ts'
import { over } from '../schedule/over.ts'
import { type Curve, isSchedule, type Schedule } from '../schedule/schedule.ts'
import { fromSpec, timingOf } from '../schedule/spec.ts'
import { stretched } from '../schedule/stretched.ts'
import { format } from '../schedule/text/format.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import { type Length, runLength } from './length.ts'
import { newModel } from './new-model.ts'
import { highest, onlyRises, settledAt } from './schedule-samples.ts'

/** Length of a run whose number of steps is known; percentages in schedules refer to `of` steps. */
type KnownRun = Length & { readonly steps: number; readonly of: number }

/**
 * Warns about schedules of the optimizer and of the model's layers that do not fit the length of the run: those that
 * end more than 2 % of the run before its end, so that training continues at a low final value, and those that end,
 * or whose first cycle ends, more than 2 % after it. Also warns about a learning rate that reaches its final value in
 * the first fifth of the run, or is 0 for more than half of it; for a user's own function, only the latter can be
 * detected. Schedules that never end, that rise to their end, or whose end is given as a percentage of the run are
 * fine.
 *
 * @param given the model of the runs @default a new one
 * @returns one sentence per warning
 * @example train.scheduleWarnings(experiment) // []
 */
export function scheduleWarnings(experiment: Experiment, given?: Module): readonly string[] {
  checkExperiment('scheduleWarnings', experiment)
  const model = given ?? newModel(experiment)
  const length = runLength(experiment)
  const { steps } = length
  if (steps === undefined || steps === 0) return []
  const run = { ...length, steps, of: experiment.scheduleSteps ?? steps }
  const { spec } = experiment.optimizer
  const schedules = [...schedulesIn('optimizer', spec), ...schedulesOf(model)]
  const said = schedules.flatMap(([schedule, name]) => misfitOf(name, schedule, run))
  return [...said, ...rateOfFunction(spec.lr, run)]
}

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

function misfitOf(name: string, schedule: Schedule, run: KnownRun): string[] {
  const { steps, of } = run
  const slack = Math.max(0.02 * steps, 1)
  const resolved = over(schedule, of)
  const { end, last } = timingOf(resolved.spec)
  if (last > steps + slack) {
    const value = figure(resolved(steps - 1), 4)
    const fix = adviceFor(resolved, end, run, shortWarmup(schedule, steps))
    return [
      `${name} is planned for ${count(last)} steps, but the run ends at step ${count(steps)}, at ${value}: ${fix}`,
    ]
  }
  if (end >= steps - slack) return earlyRate(name, schedule, run)
  // A schedule of percentages that ends early is meant to: its end moves with the length of the run.
  if (timingOf(over(schedule, 2 * of).spec).end > 1.5 * end) return earlyRate(name, schedule, run)
  const held = heldValue(resolved, end)
  if (held !== undefined && onlyRises(resolved, end, held)) return []
  return [misfit(name, end, steps, held, adviceFor(resolved, end, run))]
}

const misfit = (name: string, end: number, steps: number, held: number | undefined, fix: string): string => {
  const rest = held === undefined ? 'has no value' : `stays at ${figure(held, 4)}`
  return `${name} ends at step ${count(end)} of ${count(steps)}, and then ${rest}: ${fix}`
}

/** Returns a warning, in a list, if a learning rate that declares no length stops changing well before the run ends. */
function earlyRate(name: string, schedule: Schedule, run: KnownRun): string[] {
  const { steps, of, epochs = 0 } = run
  const resolved = over(schedule, of)
  const end = settledAt(resolved, steps)
  if (end === undefined || end === 0 || !/(^|\.)lr$/.test(name)) return []
  const last = resolved(steps - 1)
  const moves = (settledAt(over(schedule, 2 * of), 2 * steps) ?? Infinity) > 1.5 * end
  const { isHeld } = timingOf(resolved.spec)
  const isEarly = end <= steps / 5 && !moves && !isHeld && last < 0.99 * highest(resolved, steps)
  const isIdle = last === 0 && end < steps / 2 && (!moves || name === 'optimizer.lr')
  if (!isEarly && !isIdle) return []
  const unit = end <= epochs ? 'lengths are in steps, not epochs; ' : ''
  return [misfit(name, end, steps, last, `${unit}give its lengths as percentages of the run, such as '50%'`)]
}

/** Returns a warning, as a list of one, if `lr` is a user's own function that is 0 for most of the run; else []. */
function rateOfFunction(lr: unknown, { steps }: KnownRun): string[] {
  if (typeof lr !== 'function' || isSchedule(lr)) return []
  const curve = lr as Curve
  const end = settledAt(curve, steps)
  if (end === undefined || end === 0 || end >= steps / 2 || curve(steps - 1) !== 0) return []
  return [misfit('optimizer.lr', end, steps, 0, 'its argument is the step, not the epoch')]
}

/** Returns the value that a schedule keeps after its end; undefined if it throws there. */
function heldValue(schedule: Schedule, end: number): number | undefined {
  try {
    return schedule(Math.ceil(end) + 1)
  } catch {
    return undefined
  }
}

function adviceFor(schedule: Schedule, end: number, { epochs }: Length, better?: string): string {
  const unit = end === epochs ? 'lengths are in steps, not epochs; ' : ''
  const text = better ?? textOver(schedule)
  if (text === undefined) return `${unit}give its lengths as percentages of the run, such as '100%'`
  return `${unit}to span the run, write '${text}'`
}

/**
 * Returns a schedule's text with its warmup shortened to 5 % of the run; undefined unless the warmup alone is as long
 * as the run.
 */
function shortWarmup({ spec }: Schedule, steps: number): string | undefined {
  if (spec.type !== 'warmup' || !(Number(spec.steps) >= steps)) return undefined
  const short = fromSpec({ ...spec, steps: '5%' })
  const inner = timingOf(over(short, steps).spec)
  return inner.last <= 1.02 * steps ? format(short) : undefined
}

/** Returns the text of a schedule stretched over the whole run; undefined if it cannot be stretched. */
function textOver(schedule: Schedule): string | undefined {
  const whole = stretched(schedule)
  return whole && format(whole).replace(/ over 100%$/, '')
}
