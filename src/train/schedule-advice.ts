import type { Module } from '../nn/module.ts'
import { over } from '../schedule/over.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { fromSpec } from '../schedule/spec.ts'
import { stretched } from '../schedule/stretched.ts'
import { format } from '../schedule/text/format.ts'
import { timingOf } from '../schedule/timing-of.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import type { Length } from './length.ts'
import { newModel } from './new-model.ts'
import { type Misfit, misfits } from './schedule-fit.ts'

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
  return misfits(experiment, given ?? newModel(experiment)).map(warningOf)
}

/** Returns a sentence that says what does not fit, and what to write instead. */
export function warningOf({ schedule, end, run, given, said, advice }: Misfit): string {
  if (schedule === undefined) return `${said}${advice}`
  return `${said}${adviceFor(schedule, end, run, given && shortWarmup(given, run.steps ?? 0))}`
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
  const inner = timingOf(over(short, steps))
  return inner.last <= 1.02 * steps ? format(short) : undefined
}

/** Returns the text of a schedule stretched over the whole run; undefined if it cannot be stretched. */
function textOver(schedule: Schedule): string | undefined {
  const whole = stretched(schedule)
  return whole && format(whole).replace(/ over 100%$/, '')
}
