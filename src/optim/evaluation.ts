import { unchanged } from '../core/snapshot.ts'
import type { Variable } from '../core/variable.ts'

/** Weights that evaluation uses instead of the trained ones, such as averages. */
export interface EvaluationWeights {
  /** Maps variables of the model to those whose values evaluation uses. */
  readonly variables: ReadonlyMap<Variable, Variable>
  /** Source of batch normalization's running statistics for these weights. */
  readonly batchNorm: BatchNormPolicy
}

/**
 * Source of batch normalization's running statistics for averaged weights: `recalibrate` measures them on
 * training data, `average` averages them like the weights, `copy` uses those of the trained weights.
 */
export type BatchNormPolicy = 'recalibrate' | 'average' | 'copy'

/**
 * Runs `body` with the values of other variables in those of a model, such as averaged weights, then restores
 * every variable of `model`, whether `body` returned or threw.
 *
 * @param numbers maps variables of the model to those whose values replace theirs
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
