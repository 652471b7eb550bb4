import { resolve } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { evenstepCommand } from '../core/shell.ts'
import type { TestedWeights } from '../train/event.ts'
import type { Experiment } from '../train/experiment.ts'
import type { RunFolder } from '../train/run-folder.ts'
import { isTested } from '../train/run-tests.ts'
import { testDataOf } from '../train/test-part.ts'
import type { Origin } from '../train/trust.ts'
import type { RankOptions } from './ranks.ts'

/**
 * Name of the option `--resume=auto`: a separate flag, since `--resume` with an optional value would take FILE
 * in `train --resume FILE` for that value.
 */
export const auto = 'resume=auto'

export interface TrainCommandOptions extends RankOptions {
  readonly set: readonly string[]
  readonly seed?: number
  readonly out?: string
  readonly resume?: true
  readonly [auto]?: true
  readonly json?: true
  readonly device?: string
  readonly tensorboard?: true
  readonly test?: true
  readonly best?: true
  readonly doctor?: true
  readonly overfit?: number
  /** Number of ranks that train together; undefined for one. */
  readonly ranks?: number
}

/** @throws {ArgumentError} for an option that is about a run or its model, which `--overfit` does without. */
export function checkAlone(options: TrainCommandOptions): void {
  const other = (['out', 'resume', auto, 'tensorboard', 'doctor', 'test', 'best'] as const).find(
    (name) => options[name],
  )
  if (other === undefined) return
  throw new ArgumentError(
    `train: wanted --overfit without --${other}, got both; it trains no model to store or measure`,
  )
}

export const trainOrigin = (file: string, { set, seed, device }: TrainCommandOptions): Origin => ({
  file: resolve(file),
  settings: [
    ...set,
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(device === undefined ? [] : [`device=${device}`]),
  ],
})

/** Returns the text of the command that trains the experiment in a file with other settings, in the folder `out`. */
export function trainAgain(
  file: string,
  set: readonly string[],
  { seed, device, test, best, ranks, averageEvery, averageFrom, batchNorm }: TrainCommandOptions,
  out: string,
): string {
  const local = { 'average-every': averageEvery, 'average-from': averageFrom, 'batch-norm': batchNorm }
  return launched(evenstepCommand('train', file, set, { seed, device, test, best, ...local, out }), ranks)
}

/** Returns a command as it is written to run on several ranks. */
export const launched = (command: string, ranks: number | undefined): string =>
  ranks === undefined ? command : `mpirun -n ${ranks} ${command}`

/** Returns which model to measure on the test data. @throws {ArgumentError} when that cannot be done. */
export function testOf(
  experiment: Experiment,
  { test, best }: TrainCommandOptions,
): TestedWeights | undefined {
  if (best && !test) throw new ArgumentError('train: wanted --test with --best, got none')
  if (!test) return undefined
  testDataOf('train', experiment)
  return best ? 'best' : 'final'
}

/** Whether the run has ended and, if that was asked for, its model is measured on the test data. */
export function isDone(
  { finished, path, steps }: RunFolder,
  experiment: Experiment,
  options: TrainCommandOptions,
): boolean {
  const weights = finished && testOf(experiment, options)
  return weights ? isTested(path, experiment, { weights, steps }) : finished
}
