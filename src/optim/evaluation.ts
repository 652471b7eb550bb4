import { checkFields, mismatch } from '../core/mismatch.ts'
import { unchanged } from '../core/snapshot.ts'
import type { Variable } from '../core/variable.ts'

/** Weights that evaluation uses instead of the weights being trained, such as their averages. */
export interface EvaluationWeights {
  /** Maps a variable of the model to the variable whose values evaluation uses in its place. */
  readonly variables: ReadonlyMap<Variable, Variable>
  /** Where BN's running statistics come from when these weights are evaluated. */
  readonly batchNorm: BatchNormPolicy
}

/**
 * Source of BN's running statistics when averaged weights are evaluated: `recalibrate` measures the statistics
 * on training data, `average` averages them over steps like the weights, `copy` takes them from training.
 */
export type BatchNormPolicy = 'recalibrate' | 'average' | 'copy'

/**
 * Runs `body` while some variables of the model have the values of other variables, such as averages. Then,
 * even if `body` throws, restores every variable of the model.
 *
 * @param numbers maps a variable of the model to the variable whose values it gets
 */
export function swapped<T>(
  model: Iterable<Variable>,
  numbers: ReadonlyMap<Variable, Variable>,
  body: () => Promise<T>,
): Promise<T> {
  if (typeof Object(model)[Symbol.iterator] !== 'function') throw mismatch('swapped', 'variables', model)
  checkFields('swapped', 'a Map of variables', numbers, 'values', 'size')
  return unchanged(model, async () => {
    for (const [variable, other] of numbers) variable.data = other.data
    return body()
  })
}
