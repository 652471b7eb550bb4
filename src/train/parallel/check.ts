import { ArgumentError } from '../../core/errors.ts'
import { isStream } from '../../data/stream.ts'
import type { Experiment } from '../experiment.ts'
import { examplesPerStep } from '../length.ts'
import type { Parallel } from './communicator.ts'

/**
 * Checks that ranks can train an experiment together.
 *
 * @throws {ArgumentError} when they cannot divide its batches, or do not support one of its options.
 */
export function checkParallel(experiment: Experiment, { communicator, averageEvery }: Parallel): void {
  const { size } = communicator
  checkBatches(experiment, size)
  const { log, nonFinite } = experiment
  const isLocal = averageEvery !== undefined
  if (log.batchNorm) throw unsupported(`log.batchNorm with ${size} ranks`, 'log.batchNorm=false')
  if (isLocal && log.gradientNorm)
    throw unsupported('log.gradientNorm with averageEvery', 'log.gradientNorm=false')
  if (isLocal && nonFinite === 'skip')
    throw unsupported('nonFinite skip with averageEvery', 'nonFinite=throw')
}

const unsupported = (got: string, setting: string): ArgumentError =>
  new ArgumentError(`train: wanted an experiment that ranks can train together, got ${got}; --set ${setting}`)

/** @throws {ArgumentError} when the number of examples per step is no multiple of the number of ranks. */
function checkBatches(experiment: Experiment, size: number): void {
  const { data, sampler, lastBatch, batchSize } = experiment
  const examples = examplesPerStep(experiment)
  if (examples % size !== 0) {
    const fix = `set batchSize to a multiple of ${size}, such as ${Math.max(1, Math.round(batchSize / size)) * size}`
    throw new ArgumentError(
      `train: wanted a number of examples per step that ${size} ranks can share, got ${examples}; ${fix}`,
    )
  }
  if (isStream(data.train) || lastBatch === 'drop') return
  const rest = (sampler?.count ?? data.train.length) % examples
  if (rest === 0 || rest >= size) return
  throw new ArgumentError(
    `train: wanted a last batch of an epoch with an example for each of ${size} ranks, got ${rest}; ` +
      "set lastBatch: 'drop', or another batchSize",
  )
}
