import { microBatchesPerStep } from './accumulation.ts'
import { type Experiment, trainingBatches } from './experiment.ts'

/** The length of a run, as far as it is known beforehand. */
export interface Length {
  /** Examples that an optimizer step learns from. */
  readonly examplesPerStep: number
  /** Optimizer steps an epoch; absent for a stream, whose end is known only once it is reached. */
  readonly stepsPerEpoch?: number
  /** Epochs of the run, the last one perhaps partial; absent when only steps are known. */
  readonly epochs?: number
  /** Optimizer steps of the whole run, if no controller ends it before; absent when only epochs are known. */
  readonly steps?: number
}

/** Returns the examples that an optimizer step of an experiment learns from. */
export const examplesPerStep = ({ batchSize, accumulate }: Experiment): number =>
  batchSize * microBatchesPerStep(accumulate)

/** Returns the length of a run of an experiment. */
export function runLength(experiment: Experiment): Length {
  const { epochs, steps, lastBatch } = experiment
  const examples = examplesPerStep(experiment)
  const batches = trainingBatches(experiment, examples, lastBatch)
  if (!('length' in batches)) {
    return {
      examplesPerStep: examples,
      ...(epochs !== undefined && { epochs }),
      ...(steps !== undefined && { steps }),
    }
  }
  const stepsPerEpoch = batches.length
  const infinite = Number.POSITIVE_INFINITY
  const all = Math.min(steps ?? infinite, (epochs ?? infinite) * stepsPerEpoch)
  return { examplesPerStep: examples, stepsPerEpoch, epochs: Math.ceil(all / stepsPerEpoch), steps: all }
}
