import { unchanged } from '../core/snapshot.ts'
import type { Variable } from '../core/variable.ts'

/** Weights for evaluation, such as averages. */
export interface EvaluationWeights {
  /** For each variable of the model, the one whose numbers evaluation uses. */
  readonly variables: ReadonlyMap<Variable, Variable>
  /** Source of batch normalization's running statistics at these weights. */
  readonly batchNorm: BatchNormPolicy
}

/**
 * Source of running statistics for weights that were never trained with: `recalibrate` measures them on
 * training data, `average` averages them like the weights, `copy` takes those of the training weights.
 */
export type BatchNormPolicy = 'recalibrate' | 'average' | 'copy'

/**
 * Runs `body` while variables of a model hold the numbers of others, such as the weights for evaluation.
 *
 * Afterwards each variable of `model` has its own numbers again, whatever `body` assigned or threw.
 */
export function swapped<T>(
  model: Iterable<Variable>,
  numbers: ReadonlyMap<Variable, Variable>,
  body: () => Promise<T>,
): Promise<T> {
  return unchanged(model, async () => {
    for (const [variable, other] of numbers) variable.data = other.data
    return body()
  })
}
