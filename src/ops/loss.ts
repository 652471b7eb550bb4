import { ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { div, exp, mul, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { cast, equal } from './compare.ts'
import { argMax, oneHot } from './select.ts'
import { logSoftmax } from './softmax.ts'
import { mean } from './statistics.ts'

/** A number to make small, from a model's output and the target of the same batch. */
export type Loss = (output: Tensor, target: Tensor) => Tensor

/**
 * Cross-entropy of class scores against labels, averaged over the batch. As PyTorch's `cross_entropy`.
 *
 *     −(1/n) Σᵢ log softmax(logits)[i, labels[i]]
 *
 * @param logits `[n, classes]`, before any softmax
 * @param labels `[n]` of int32 or int64, each in 0 … classes − 1
 * @returns one number, in nats
 * @throws {ShapeError} when the shapes do not fit.
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const [n, classes] = checkLabels('crossEntropy', logits, labels)
  const logProbabilities = logSoftmax(logits)
  const target = oneHot(labels, classes, logits.dtype)
  const loss = mul(sum(mul(logProbabilities, target)), -1 / n)
  return {
    ...loss,
    sources: [logits],
    // The closed form: dL/dlogits = (softmax − target) / n.
    grad: (dy) => [mul(sub(exp(logProbabilities), target), div(dy, n))],
  }
}

/** The part of a batch, 0 to 1, whose greatest score is at its label. No gradient. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkLabels('accuracy', logits, labels)
  return mean(cast(equal(argMax(logits), cast(labels, 'int64')), logits.dtype))
}

function checkLabels(who: string, logits: Tensor, labels: Tensor): readonly [n: number, classes: number] {
  const [n, classes] = logits.shape
  if (n === undefined || classes === undefined || logits.shape.length !== 2) {
    throw new ShapeError(`${who}: wanted scores of [n, classes], got ${show(logits.shape)}`)
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== n) {
    throw new ShapeError(
      `${who}: wanted labels of [${n}], one for each row of scores, got ${show(labels.shape)}`,
    )
  }
  return [n, classes]
}
