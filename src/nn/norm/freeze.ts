import { modules } from '../modules.ts'
import { BatchNorm } from './batch-norm.ts'

/** Returns every batch-normalization layer of a model by its name, such as `layers.0.bn`. */
export const batchNorms = (model: object): Map<string, BatchNorm> =>
  new Map([...modules(model)].flatMap(([name, m]) => (m instanceof BatchNorm ? [[name, m] as const] : [])))

/**
 * Makes every batch normalization use its running statistics, unchanged, in `train` too; γ and β still train.
 *
 * `train.Task` does so from its next step on; steps that you compiled yourself before do not.
 *
 * @returns the model
 */
export function freeze<M extends object>(model: M): M {
  for (const layer of batchNorms(model).values()) layer.frozen = true
  return model
}

/** Undoes `freeze`: every batch-normalization layer updates its running statistics again. @returns the model */
export function unfreeze<M extends object>(model: M): M {
  for (const layer of batchNorms(model).values()) layer.frozen = false
  return model
}

/** Resets the running statistics of each batch normalization to mean 0 and variance 1. @returns the model */
export function resetRunningStatistics<M extends object>(model: M): M {
  for (const { runningMean, runningVar, numBatchesTracked } of batchNorms(model).values()) {
    for (const variable of [runningMean, runningVar, numBatchesTracked]) variable?.initialize(0)
  }
  return model
}
