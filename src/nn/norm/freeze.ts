import { modules } from '../modules.ts'
import { BatchNorm } from './batch-norm.ts'

/** Returns all batch normalization layers of a model by name, such as `layers.0.bn`. */
export const batchNorms = (model: object): Map<string, BatchNorm> =>
  new Map([...modules(model)].flatMap(([name, m]) => (m instanceof BatchNorm ? [[name, m] as const] : [])))

/**
 * Makes every batch normalization layer use its running statistics in `train` too, without updating them; γ and β
 * still train.
 *
 * In `train.Task` this takes effect at the next step; steps that you compiled yourself before are unaffected.
 *
 * @returns the model
 */
export function freeze<M extends object>(model: M): M {
  for (const layer of batchNorms(model).values()) layer.frozen = true
  return model
}

/**
 * Makes all batch normalization layers update their running statistics in `train`, also those whose γ and β are locked.
 *
 * @returns the model
 */
export function unfreeze<M extends object>(model: M): M {
  for (const layer of batchNorms(model).values()) layer.frozen = false
  return model
}

/** Resets the running statistics of all batch normalization layers to mean 0 and variance 1. @returns the model */
export function resetRunningStatistics<M extends object>(model: M): M {
  for (const { runningMean, runningVar, numBatchesTracked } of batchNorms(model).values()) {
    for (const variable of [runningMean, runningVar, numBatchesTracked]) variable?.initialize(0)
  }
  return model
}
