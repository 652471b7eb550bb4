import { isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, div, exp, mul, neg, sub } from './arithmetic.ts'
import { reshape, sum } from './broadcast.ts'
import { cast, equal } from './compare.ts'
import { gather } from './gather.ts'
import {
  checkLabels,
  classesLast,
  type LabelOptions,
  labelled,
  labelReduced,
  type WeightedLabelOptions,
  weighted,
} from './label.ts'
import { checkAlike, reduced } from './loss-reduction.ts'
import { argMax, oneHot } from './select.ts'
import { logSoftmax } from './softmax.ts'
import { mean } from './statistics.ts'

/** A number to make small, from a model's output and the target of the same batch. */
export type Loss = (output: Tensor, target: Tensor) => Tensor

export interface CrossEntropyOptions extends LabelOptions {
  /** How much of each target, 0 to 1, is spread evenly over the classes; 0 by default. */
  readonly labelSmoothing?: number
}

/**
 * Cross-entropy of class scores against labels, averaged over the batch. As PyTorch's `cross_entropy`.
 *
 *     −(1/n) Σᵢ log softmax(logits)[i, labels[i]]
 *
 * Without options, labels are trusted to be classes: `data.dataset` checks them. With options, or more than two
 * axes, a label that is neither a class nor `ignoreIndex` makes the loss NaN, which ends training with an error.
 * A mean over class weights divides by their sum over the batch, as in PyTorch; unlike there, no label is ignored
 * unless told.
 *
 * @param logits `[n, classes]` or `[n, classes, …]`, before any softmax
 * @param target labels, `[n]` or `[n, …]` of int32 or int64, each in 0 … classes − 1; or probabilities of the shape
 *   and type of `logits`
 * @returns one number, in nats; with reduction `none`, one for each label
 * @example (output, target) => ops.crossEntropy(output, target, { weight: data.classWeights(split.train) })
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} when `labelSmoothing` is outside 0 … 1, or `ignoreIndex` is given for probabilities.
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing: smoothing = 0 } = options
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: wanted labelSmoothing from 0 to 1, got ${smoothing}`)
  }
  const settings = weighted('crossEntropy', logits, options)
  if (isFloat(target.dtype)) return againstProbabilities(logits, target, settings)
  checkLabels('crossEntropy', logits, target)
  if (Object.keys(options).length === 0 && logits.shape.length === 2) return plain(logits, target)
  return againstLabels('crossEntropy', logSoftmax(classesLast(logits)), target, settings)
}

type Weighted = WeightedLabelOptions & Pick<CrossEntropyOptions, 'labelSmoothing'>

function plain(logits: Tensor, labels: Tensor): Tensor {
  const [n, classes] = [logits.shape[0]!, logits.shape[1]!]
  const logProbabilities = logSoftmax(logits)
  const target = oneHot(labels, classes, logits.dtype)
  const picked = gather(logProbabilities, 1, reshape(labels, [n, 1]))
  const loss = mul(sum(picked), -1 / n)
  return {
    ...loss,
    sources: [logits],
    // The closed form: dL/dlogits = (softmax − target) / n.
    grad: (dy) => [mul(sub(exp(logProbabilities), target), div(dy, n))],
  }
}

function againstLabels(who: string, logP: Tensor, labels: Tensor, options: Weighted): Tensor {
  const { weight, labelSmoothing: smoothing = 0 } = options
  const { pick, weights, settle } = labelled(labels, logP, options)
  const sharp = neg(weight ? mul(pick(logP), weights) : pick(logP))
  if (smoothing === 0) return labelReduced(who, settle(sharp), weights, options)
  const even = neg(sum(weight ? mul(logP, weight) : logP, [-1]))
  const costs = add(mul(sharp, 1 - smoothing), mul(even, smoothing / logP.shape.at(-1)!))
  return labelReduced(who, settle(costs), weights, options)
}

function againstProbabilities(
  logits: Tensor,
  target: Tensor,
  { weight, ignoreIndex, labelSmoothing: smoothing = 0, reduction }: Weighted,
): Tensor {
  checkAlike('crossEntropy', logits, target)
  if (ignoreIndex !== undefined) {
    throw new ArgumentError('crossEntropy: wanted labels to ignore one of, got probabilities')
  }
  const logP = logSoftmax(classesLast(logits))
  const even = smoothing / logP.shape.at(-1)!
  const smooth = smoothing === 0 ? target : add(mul(target, 1 - smoothing), even)
  const products = mul(logP, classesLast(smooth))
  return reduced('crossEntropy', neg(sum(weight ? mul(products, weight) : products, [-1])), reduction)
}

/**
 * Negative log-likelihood of labels under log-probabilities. As PyTorch's `nll_loss`.
 *
 *     −(1/n) Σᵢ logProbabilities[i, labels[i]]
 *
 * A label that is neither a class nor `ignoreIndex` makes the loss NaN, which ends training with an error.
 *
 * @param logProbabilities `[n, classes]` or `[n, classes, …]`, such as `logSoftmax` gives
 * @param labels `[n]` or `[n, …]` of int32 or int64, each in 0 … classes − 1
 * @throws {ShapeError} when the shapes do not fit.
 */
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: LabelOptions = {}): Tensor {
  const settings = weighted('nllLoss', logProbabilities, options)
  checkLabels('nllLoss', logProbabilities, labels)
  return againstLabels('nllLoss', classesLast(logProbabilities), labels, settings)
}

/** The part of a batch, 0 to 1, whose greatest score is at its label. No gradient. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkLabels('accuracy', logits, labels)
  return mean(cast(equal(argMax(logits, 1), cast(labels, 'int64')), logits.dtype))
}
