import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { mul } from '../ops/arithmetic.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { cast, equal, greater, notEqual } from '../ops/compare.ts'
import { checkLabels } from '../ops/label.ts'
import { logicalAnd } from '../ops/logic.ts'
import { argMax } from '../ops/select.ts'
import { targetFormOf } from './metrics/form.ts'

/** Scores and targets to compute accuracy and metrics from. */
export interface Compared {
  readonly output: Tensor
  readonly target: Tensor
  /** Label value that is ignored in loss and metrics. */
  readonly ignoreIndex: number | undefined
}

/** Counts in the graph of how many predictions are correct, from which an accuracy is computed. */
interface Correct {
  /** Number of correct predictions, or the sum of their examples' weights. */
  readonly hits: Tensor
  /** Number, or weight, of the labels that are not ignored; absent if all labels count, each as one. */
  readonly counted?: Tensor
  /** Number of labels; absent if some may be ignored or have weights. */
  readonly labels?: number
}

/** Counts correct predictions and, if a label value is ignored, the labels that count; undefined without classes. */
export function correctness(
  { output, target: y, ignoreIndex }: Compared,
  classes: number | undefined,
  isClassLoss: boolean,
  weights: Tensor | undefined,
): Correct | undefined {
  const form = targetFormOf(output.shape, y.shape)
  const isInteger = y.dtype.startsWith('int')
  const known = classes !== undefined || isClassLoss
  if (!known || (form === 'alike' && isInteger)) return undefined
  if (form === undefined) {
    if (y.shape.length <= 1) checkLabels('accuracy', output, y)
    return undefined
  }
  const given = form === 'alike' ? argMax(y, 1) : cast(y, 'int64')
  const guess = form === 'logit' ? cast(greater(output, 0), 'int64') : argMax(output, 1)
  const label = reshape(given, guess.shape)
  const right = equal(guess, label)
  const count = (t: Tensor): Tensor => sum(weighed(cast(t, output.dtype), weights))
  if (ignoreIndex === undefined || form === 'alike') {
    if (weights === undefined) return { hits: count(right), labels: sizeOf(guess.shape) }
    return { hits: count(right), counted: count(equal(label, label)) }
  }
  const counts = notEqual(label, ignoreIndex)
  return { hits: count(logicalAnd(right, counts)), counted: count(counts) }
}

/** Multiplies the labels of each example, one after another, by the example's weight. */
function weighed(labels: Tensor, weights: Tensor | undefined): Tensor {
  if (weights === undefined) return labels
  const n = weights.shape[0]!
  const each = reshape(labels, [n, sizeOf(labels.shape) / n])
  return mul(each, reshape(cast(weights, labels.dtype), [n, 1]))
}
