import { mismatch } from '../core/mismatch.ts'
import { isSchedule } from '../schedule/index.ts'
import type { Experiment } from '../train/experiment.ts'
import { runLength } from '../train/length.ts'
import { override } from '../train/spec.ts'
import type { Settings } from './factor.ts'
import { scheduleText } from './schedules.ts'
import type { Trial, Value } from './trial.ts'

/** What a trial is told besides its own settings. */
export interface Common {
  readonly metric: string
  readonly watch: boolean
}

/**
 * A trial as settings for `evenstep train --set`: the experiment with them is the trial.
 *
 * The rate is always a schedule, which is fed to the graph: a number would be part of it, and each rate a graph of its own.
 *
 * @throws {EvenstepError} when a schedule or rate is wrong.
 */
export function settingsOf(
  experiment: Experiment,
  { settings, seed, steps }: Pick<Trial, 'settings' | 'seed' | 'steps'>,
  { metric, watch }: Common,
): string[] {
  const { lr, schedule, ...others } = settings
  const own = Object.entries(others).map(([path, value]) =>
    set(path, path === 'optimizer.lr' ? asRate(value) : value),
  )
  const rate = rateOf(experiment, lr as number | undefined, schedule as string | undefined, steps)
  // As many as the steps take, whatever the experiment says itself; of a stream, an epoch has one step or more.
  const epochs = Math.ceil(steps / (runLength(override(experiment, own)).stepsPerEpoch ?? 1))
  return [
    ...own,
    ...(rate === undefined ? [] : [set('optimizer.lr', rate)]),
    set('seed', seed),
    set('epochs', epochs),
    set('steps', steps),
    ...(metric === experiment.monitor ? [] : [set('monitor', metric)]),
    ...(watch ? [set('log', { ...experiment.log, batchNorm: true })] : []),
    ...(experiment.threads === undefined ? [set('threads', 1)] : []),
  ]
}

/** A text stands as it is, unless it would be read as something else. */
function set(path: string, value: Value | object): string {
  const text = typeof value === 'string' && !isJson(value) ? value : JSON.stringify(value)
  return `${path}=${text}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const asRate = (value: Value): Value | object =>
  typeof value === 'number' ? { type: 'constant', value } : value

/** What the learning rate is; nothing when the experiment says it. */
function rateOf(
  { optimizer }: Experiment,
  lr: number | undefined,
  schedule: string | undefined,
  steps: number,
): Value | object | undefined {
  if (schedule !== undefined) {
    const text = scheduleText(schedule, lr, steps)
    return isJson(text) ? asRate(Number(text)) : text
  }
  if (lr === undefined) return undefined
  if (typeof optimizer.spec.lr !== 'number') {
    const fix = "name some, such as ['constant', 'cosine']: the experiment's own is not made for other rates"
    throw mismatch('study', 'factors.schedule beside factors.lr', undefined, fix)
  }
  return asRate(lr)
}

/** Optimizer steps of a run. @throws {ArgumentError} when its data are a stream and it names only epochs. */
function stepsOf(experiment: Experiment): number {
  const { steps } = runLength(experiment)
  if (steps !== undefined) return steps
  throw mismatch(
    'experiment',
    'steps where the training data are a stream',
    undefined,
    'name them, such as --set steps=1000',
  )
}

/** What decides how many steps an epoch has. */
const sizes = ['batchSize', 'accumulate', 'lastBatch']

/** Tells how many steps a run of an experiment has with some of its settings changed. */
export function stepsWith(experiment: Experiment): (settings: Settings) => number {
  const known = new Map<string, number>()
  return (settings) => {
    const own = sizes.flatMap((path) => (settings[path] === undefined ? [] : [set(path, settings[path])]))
    const key = own.join()
    const steps = known.get(key) ?? stepsOf(override(experiment, own))
    known.set(key, steps)
    return steps
  }
}

/** Whether the experiment's own rate is a schedule, which has the length of its own run. */
export const hasSchedule = ({ optimizer }: Experiment): boolean => isSchedule(optimizer.spec.lr)
