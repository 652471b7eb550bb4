import { ShapeError } from '../core/errors.ts'
import { isStream } from '../data/stream.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { graphRunsPerStep } from './accumulate.ts'
import type { Experiment } from './experiment.ts'
import { runLength } from './length.ts'
import type { Task } from './task.ts'

/**
 * Checks before training that batch normalization can train on an epoch's last, incomplete batch, if that batch is
 * kept and the run reaches it. Streams are not checked, as their length is unknown until their end.
 *
 * @param who name at the start of error messages
 * @throws {ShapeError} when the last batch, or one of its micro-batches, has one example where batch normalization
 *   needs two.
 */
export function checkLastBatch(experiment: Experiment, task: Task, who: string = 'train'): void {
  const rest = restOf(experiment)
  if (rest === 0 || !leavesOne(experiment, rest) || batchNorms(task.model).size === 0) return
  const reason = failure(task, 1)
  if (reason === undefined || failure(task, experiment.batchSize) !== undefined) return
  const examples = rest === 1 ? '1 example' : `${rest} examples in micro-batches of ${experiment.batchSize}`
  throw new ShapeError(
    `${who}: wanted a last batch of an epoch to train on, got ${examples}, where ${reason.split(';')[0]}; ` +
      "set lastBatch: 'drop', or another batchSize",
  )
}

/** Returns the size of an epoch's last batch if it is incomplete; 0 if full, dropped, unknown or not reached. */
function restOf(experiment: Experiment): number {
  const { data, lastBatch, sampler, steps = Number.POSITIVE_INFINITY } = experiment
  if (lastBatch === 'drop' || isStream(data.train)) return 0
  const { examplesPerStep, stepsPerEpoch } = runLength(experiment)
  return steps < stepsPerEpoch! ? 0 : (sampler?.count ?? data.train.length) % examplesPerStep
}

/** Returns whether splitting a last batch of `rest` examples leaves a micro-batch with a single example. */
function leavesOne({ batchSize, accumulate }: Experiment, rest: number): boolean {
  const parts = graphRunsPerStep(accumulate) === 1 ? 1 : Math.ceil(rest / batchSize)
  return Math.floor(rest / parts) === 1
}

/** Returns the reason why the task cannot train on batches of `batchSize` examples; undefined when it can. */
function failure(task: Task, batchSize: number): string | undefined {
  try {
    task.traces(batchSize)
    return undefined
  } catch (error) {
    if (error instanceof ShapeError) return error.message
    throw error
  }
}
