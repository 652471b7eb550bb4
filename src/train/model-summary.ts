import { isFloat } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { type Summary, summary } from '../nn/summary.ts'
import type { Experiment } from './experiment.ts'
import { taskOf } from './train.ts'

/**
 * Returns a summary of an experiment's model for a batch of one example, with the experiment's normalization and element
 * type. The result's `shape` is that of the batch.
 */
export function modelSummary(experiment: Experiment): Summary & { readonly shape: Shape } {
  const { x } = experiment.data.train
  const shape = [1, ...x.shape]
  const dtype = isFloat(x.dtype) ? experiment.dtype : x.dtype
  return { shape, ...summary(taskOf(experiment).model, shape, { dtype }) }
}
