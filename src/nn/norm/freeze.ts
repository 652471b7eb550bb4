import { modules } from '../modules.ts'
import { BatchNorm } from './batch-norm.ts'

/** Finds every batch-normalization layer of a model, by name. */
export const batchNorms = (model: object): Map<string, BatchNorm> =>
  new Map([...modules(model)].flatMap(([name, m]) => (m instanceof BatchNorm ? [[name, m] as const] : [])))

/**
 * Makes every batch-normalization layer use its running statistics in `train` too; γ and β still train.
 *
 * `train.Task` notices between steps; a step that you `compile` yourself stays as traced. @returns the model
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

/** Resets the running statistics of every batch normalization to mean 0, variance 1. @returns the model */
export function resetRunningStatistics<M extends object>(model: M): M {
  for (const { runningMean, runningVar, numBatchesTracked } of batchNorms(model).values()) {
    for (const variable of [runningMean, runningVar, numBatchesTracked]) variable?.initialize(0)
  }
  return model
}
