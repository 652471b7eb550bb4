import { unchanged } from '../core/snapshot.ts'
import type { Variable } from '../core/variable.ts'

/** Weights that are for evaluation, such as averages. */
export interface EvaluationWeights {
  /** The variable that holds a model's variable's numbers in evaluation. */
  readonly variables: ReadonlyMap<Variable, Variable>
  /** Where the running statistics of batch normalization come from, at these weights. */
  readonly batchNorm: BatchNormPolicy
}

/**
 * Running statistics at weights that never ran: `recalibrate` measures them on training data, `average` averages
 * them as the weights, `copy` takes those of the training weights.
 */
export type BatchNormPolicy = 'recalibrate' | 'average' | 'copy'

/**
 * Run `body` while a model's variables hold the numbers of others: its weights those for evaluation.
 *
 * Whatever happens, and whatever `body` sets, each variable of `model` has its own numbers back after.
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
