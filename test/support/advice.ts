import type { Finished } from '../../src/study/analysis/findings.ts'
import { type Experiment, type ExperimentOptions, experiment } from '../../src/train/experiment.ts'
import { toy } from './toy.ts'

/** The toy experiment with a length of 90 steps. */
export const toyOf = (changes: Partial<ExperimentOptions> = {}): Experiment => {
  const { epochs: _, ...rest } = toy()
  return experiment({ ...rest, steps: 90, ...changes })
}

/** Result of a trial that ended with this loss. */
export const resultOf = (loss: number): Finished['result'] => ({
  status: 'done',
  metrics: { validationLoss: loss },
  steps: 1,
  time: { training: 1, total: 1 },
  curve: { steps: [], trainLoss: [], lr: [] },
})
