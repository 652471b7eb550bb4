import { mismatch } from '../core/mismatch.ts'
import { isSchedule } from '../schedule/index.ts'
import type { Experiment } from '../train/experiment.ts'
import { runLength } from '../train/length.ts'
import { type Change, withSettings } from '../train/spec.ts'
import { scheduleText } from './schedules.ts'
import { keyOf, only, without } from './settings.ts'
import type { Settings, Trial, Value } from './trial.ts'

/** The parts of a trial that decide its experiment. */
export type Configuration = Pick<Trial, 'settings' | 'seed' | 'steps'>

/**
 * Returns the settings that turn a study's experiment into that of a trial.
 *
 * The rate is always a schedule, which is fed to the graph: a number would be part of the graph, and each rate
 * would need its own graph.
 *
 * @throws {EvenstepError} when a schedule or rate is invalid.
 */
export function settingsOf(
  experiment: Experiment,
  { settings, seed, steps }: Configuration,
  { metric, watch }: { readonly metric: string; readonly watch: boolean },
): Change[] {
  const own = Object.entries(without(settings, ['lr', 'schedule'])).map(
    ([path, value]): Change => [path, path === 'optimizer.lr' ? asRate(value) : value],
  )
  const rate = rateOf(experiment, settings, steps)
  // Epochs that suffice for the steps. Each epoch of a stream has at least one step.
  const epochs = Math.ceil(steps / (runLength(withSettings(experiment, own)).stepsPerEpoch ?? 1))
  return [
    ...own,
    ...(rate === undefined ? [] : ([['optimizer.lr', rate]] as const)),
    ['seed', seed],
    ['epochs', epochs],
    ['steps', steps],
    ...(metric === experiment.monitor ? [] : ([['monitor', metric]] as const)),
    ...(watch ? ([['log', { ...experiment.log, batchNorm: true }]] as const) : []),
    ...(experiment.threads === undefined ? ([['threads', 1]] as const) : []),
  ]
}

const asRate = (value: Value): Value => (typeof value === 'number' ? { type: 'constant', value } : value)

/** Returns the learning rate of a trial; undefined where its factors leave it to the experiment. */
function rateOf({ optimizer }: Experiment, settings: Settings, steps: number): Value | undefined {
  const { lr, schedule } = settings as { readonly lr?: number; readonly schedule?: string }
  if (schedule !== undefined) {
    const text = scheduleText(schedule, lr, steps)
    return Number.isNaN(Number(text)) ? text : asRate(Number(text))
  }
  if (lr === undefined) return undefined
  if (typeof optimizer.spec.lr !== 'number') {
    const fix = "name some, such as ['constant', 'cosine']: the experiment's own fits no other rate"
    throw mismatch('study', 'factors.schedule beside factors.lr', undefined, fix)
  }
  return asRate(lr)
}

/** Returns the optimizer steps of a run. @throws {ArgumentError} when only the epochs of a stream are known. */
function stepsOf(experiment: Experiment): number {
  const { steps } = runLength(experiment)
  if (steps !== undefined) return steps
  const fix = 'name them, such as --set steps=1000'
  throw mismatch('experiment', 'steps where the training data are a stream', undefined, fix)
}

/** Settings that decide the number of steps in an epoch. */
const sizes = ['batchSize', 'accumulate', 'lastBatch']

/** Returns a function that counts the steps of an experiment's run with some settings changed. */
export function stepsWith(experiment: Experiment): (settings: Settings) => number {
  const known = new Map<string, number>()
  return (settings) => {
    const own = only(settings, sizes)
    const steps = known.get(keyOf(own)) ?? stepsOf(withSettings(experiment, Object.entries(own)))
    known.set(keyOf(own), steps)
    return steps
  }
}

/** Whether the experiment's own learning rate is a schedule, which fits only the length of its own run. */
export const hasSchedule = ({ optimizer }: Experiment): boolean => isSchedule(optimizer.spec.lr)
