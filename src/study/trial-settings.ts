import { mismatch } from '../core/mismatch.ts'
import { isSchedule } from '../schedule/index.ts'
import type { Experiment } from '../train/experiment.ts'
import { runLength } from '../train/length.ts'
import { type Change, withSettings } from '../train/spec.ts'
import { type OwnSchedules, ownSchedule, scheduleText } from './schedules.ts'
import { keyOf, only, without } from './settings.ts'
import type { Settings, Trial, Value } from './trial.ts'

/** Configuration of a training run: its settings, seed and steps, which change the study's experiment. */
export type Configuration = Pick<Trial, 'settings' | 'seed' | 'split' | 'steps'>

/** How a study judges trials and what it logs, with its own schedules by name. */
interface Judging {
  readonly metric: string
  readonly watch: boolean
  readonly schedules?: OwnSchedules
}

/**
 * Returns the changes that turn a study's experiment into the experiment of a trial (one training run).
 *
 * The changes always make the learning rate a schedule, which is an input of the compiled graph: a number would
 * be a constant in the graph, and each rate would need a graph of its own.
 *
 * @throws {EvenstepError} when a schedule or rate is invalid.
 */
export function settingsOf(
  experiment: Experiment,
  { settings, seed, split, steps }: Configuration,
  { metric, watch, schedules = {} }: Judging,
): Change[] {
  const own = Object.entries(without(settings, ['lr', 'schedule'])).map(
    ([path, value]): Change => [path, path === 'optimizer.lr' ? asRate(value) : value],
  )
  const rate = rateOf(experiment, settings, steps, schedules)
  // Epochs that suffice for the steps. Each epoch of a stream has at least one step.
  const epochs = Math.ceil(steps / (runLength(withSettings(experiment, own)).stepsPerEpoch ?? 1))
  return [
    ...own,
    ...(rate === undefined ? [] : ([['optimizer.lr', rate]] as const)),
    ['seed', seed],
    ...(split === undefined ? [] : ([['data.split', split]] as const)),
    ['epochs', epochs],
    ['steps', steps],
    ...(metric === experiment.monitor ? [] : ([['monitor', metric]] as const)),
    ...(watch ? ([['log', { ...experiment.log, batchNorm: true }]] as const) : []),
    ...(experiment.threads === undefined ? ([['threads', 1]] as const) : []),
  ]
}

const asRate = (value: Value): Value => (typeof value === 'number' ? { type: 'constant', value } : value)

/** Returns the learning rate or schedule from a trial's settings; undefined to keep the experiment's own. */
function rateOf(
  { optimizer }: Experiment,
  settings: Settings,
  steps: number,
  schedules: OwnSchedules,
): Value | undefined {
  const { lr, schedule } = settings as { readonly lr?: number; readonly schedule?: string }
  if (schedule !== undefined) {
    const own = ownSchedule(schedules, schedule, { lr, steps })
    if (typeof own === 'object') return own
    const text = scheduleText(own ?? schedule, lr, steps)
    return Number.isNaN(Number(text)) ? text : asRate(Number(text))
  }
  if (lr === undefined) return undefined
  if (typeof optimizer.spec.lr !== 'number') {
    const fix = "name some, such as ['constant', 'cosine']: the experiment's own fits no other rate"
    throw mismatch('study', 'factors.schedule beside factors.lr', undefined, fix)
  }
  return asRate(lr)
}

/** Returns a run's number of steps. @throws {ArgumentError} when unknown: the run is given in epochs of a stream. */
function stepsOf(experiment: Experiment): number {
  const { steps } = runLength(experiment)
  if (steps !== undefined) return steps
  const fix = 'name them, such as --set steps=1000'
  throw mismatch('experiment', 'steps where the training data are a stream', undefined, fix)
}

/** Names of the settings that affect the number of optimizer steps in an epoch. */
const sizes = ['batchSize', 'accumulate', 'lastBatch']

/** Returns a function from changed settings to the number of optimizer steps of a run with these settings. */
export function stepsWith(experiment: Experiment): (settings: Settings) => number {
  const known = new Map<string, number>()
  return (settings) => {
    const own = only(settings, sizes)
    const steps = known.get(keyOf(own)) ?? stepsOf(withSettings(experiment, Object.entries(own)))
    known.set(keyOf(own), steps)
    return steps
  }
}

/** Whether the experiment's learning rate is a schedule with lengths in steps, unsuitable for other run lengths. */
export const hasSchedule = ({ optimizer: { spec } }: Experiment): boolean =>
  isSchedule(spec.lr) && spec.lr.within === undefined
