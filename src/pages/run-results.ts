import { ArgumentError } from '../core/errors.ts'
import type { Goal } from '../schedule/index.ts'
import { readDescription } from '../train/description.ts'
import { readEvents } from '../train/event-log.ts'
import { isEpochResult } from '../train/experiment.ts'
import { parseMetrics } from '../train/metrics/parse.ts'
import { runPlaceOf } from '../train/run-place.ts'

/** Results of a run, as its folder has them: no code of the experiment is needed. */
export interface RunResults {
  readonly path: string
  /** The run's description, `run.json`. */
  readonly description: Readonly<Record<string, unknown>>
  /** Losses, accuracy and all metrics that are single numbers, after each epoch. */
  readonly epochs: readonly Readonly<Record<string, number>>[]
  /** Learning rate of each step. */
  readonly rates: readonly number[]
  /** Quantity by which the best epoch is chosen, and whether it is to be large: the run's `monitor` if that is known. */
  readonly judge: { readonly name: string; readonly goal: Goal }
  /** How the run ended; `stopped` if its log says nothing of an end. */
  readonly status: 'ended' | 'diverged' | 'stopped'
}

/** Reads the results in a run's folder. @throws {ArgumentError} when there is no run, or no epoch of it has ended. */
export function readResults(folder: string): RunResults {
  const { path, checkpoint } = runPlaceOf(folder)
  if (checkpoint !== undefined)
    throw new ArgumentError(`${folder}: wanted the folder of a run, got a checkpoint; use ${path}`)
  const description = readDescription(path)
  const [epochs, rates]: [Record<string, number>[], number[]] = [[], []]
  let status: RunResults['status'] = 'stopped'
  for (const line of readEvents(path)) {
    if (line.type === 'step') rates.push(line.lr)
    if (line.type === 'epoch') epochs.push(resultNumbers(line))
    if (line.type === 'start') status = 'stopped' // a run that was lengthened goes on after its end
    if (line.type === 'end') status = 'ended'
    if (line.type === 'diverged') status = 'diverged'
  }
  if (epochs.length === 0)
    throw new ArgumentError(`${folder}: wanted a run of which an epoch has ended, got none`)
  return { path: folder, description, epochs, rates, judge: judgeOf(description), status }
}

interface LoggedEpoch {
  readonly trainLoss: number
  readonly validationLoss: number
  readonly validationAccuracy?: number
  readonly metrics?: Readonly<Record<string, unknown>>
}

export function resultNumbers({
  trainLoss,
  validationLoss,
  validationAccuracy,
  metrics,
}: LoggedEpoch): Record<string, number> {
  const all = Object.entries({ trainLoss, validationLoss, validationAccuracy, ...metrics })
  return Object.fromEntries(all.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}

/** Returns the run's `monitor`, or the validation loss if that is a metric of the user's own, whose goal is unknown. */
export function judgeOf({ monitor, metrics }: Readonly<Record<string, unknown>>): RunResults['judge'] {
  const name = typeof monitor === 'string' ? monitor : 'validationLoss'
  if (isEpochResult(name)) return { name, goal: name === 'validationAccuracy' ? 'max' : 'min' }
  const goal = goalOf(Object(metrics)[name])
  return goal === undefined ? { name: 'validationLoss', goal: 'min' } : { name, goal }
}

function goalOf(spec: unknown): Goal | undefined {
  try {
    return parseMetrics({ spec }).spec!.goal
  } catch {
    return undefined
  }
}

/** Returns the judge of the first run, or the validation loss unless every run measured that. */
export function sharedJudge(runs: readonly RunResults[]): RunResults['judge'] {
  const { judge } = runs[0]!
  const isShared = runs.every(({ epochs }) => epochs.some((epoch) => epoch[judge.name] !== undefined))
  return isShared ? judge : { name: 'validationLoss', goal: 'min' }
}

/** Returns the index of the best epoch by the judge, which at least one epoch measured: the first of equals. */
export function bestEpoch({ epochs, judge: { name, goal } }: Pick<RunResults, 'epochs' | 'judge'>): number {
  const scores = epochs.map((epoch) => (goal === 'max' ? -1 : 1) * (epoch[name] ?? Number.POSITIVE_INFINITY))
  return scores.indexOf(Math.min(...scores))
}

/** Returns the names of the quantities that all runs measured, in the order of the first. */
export const sharedNames = (runs: readonly RunResults[]): string[] =>
  Object.keys(runs[0]!.epochs[0]!).filter((name) =>
    runs.every(({ epochs }) => epochs.every((epoch) => epoch[name] !== undefined)),
  )
