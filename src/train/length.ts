import { present } from '../core/options.ts'
import { microBatchesPerStep } from './accumulate.ts'
import { type Experiment, trainingBatches } from './experiment.ts'

/** Length of a run, as far as known in advance. */
export interface Length {
  /** Number of examples per optimizer step. */
  readonly examplesPerStep: number
  /** Number of optimizer steps per epoch; absent for a stream, whose length is unknown until its end. */
  readonly stepsPerEpoch?: number
  /** Number of epochs of the run, including a partial last one; absent when only `steps` is known. */
  readonly epochs?: number
  /** Number of optimizer steps in the run, unless a controller stops it; absent when only `epochs` is known. */
  readonly steps?: number
}

/** Returns the number of examples per optimizer step of an experiment. */
export const examplesPerStep = ({ batchSize, accumulate }: Experiment): number =>
  batchSize * microBatchesPerStep(accumulate)

/** Returns the length of an experiment's runs in epochs and steps, as far as known in advance. */
export function runLength(experiment: Experiment): Length {
  const { epochs, steps, lastBatch } = experiment
  const examples = examplesPerStep(experiment)
  const batches = trainingBatches(experiment, examples, lastBatch)
  if (!('length' in batches)) return present({ examplesPerStep: examples, epochs, steps })
  const stepsPerEpoch = batches.length
  const all = Math.min(steps ?? Infinity, (epochs ?? Infinity) * stepsPerEpoch)
  return { examplesPerStep: examples, stepsPerEpoch, epochs: Math.ceil(all / stepsPerEpoch), steps: all }
}
