import { misfit, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { div } from './arithmetic.ts'

/** A batch's loss as a quotient: Σ total / Σ weight over several batches is the loss of all their examples. */
export interface LossParts {
  /** Numerator: the sum of the losses of the batch's examples. */
  readonly total: Tensor
  /** Denominator, such as the number of labels that are not ignored; 1 if the loss is a plain sum. */
  readonly weight: Tensor | 1
}

/** The scores and labels that a classification loss compares. */
export interface ClassTargets {
  /** Scores of the classes, `[n, classes, …]`. */
  readonly scores: Tensor
  /** Labels, or probabilities of the classes. */
  readonly target: Tensor
  /** Label whose examples are left out of the loss; undefined if every label counts. */
  readonly ignoreIndex?: number | undefined
}

/** The scores from which a loss computes probabilities. */
export interface ScoredBy {
  readonly scores: Tensor
  /** Function from scores to probabilities: over the classes, axis 1, or of each score by itself. */
  readonly link: 'softmax' | 'sigmoid'
}

const parts = new WeakMap<Tensor, LossParts>()
const targets = new WeakMap<Tensor, ClassTargets>()
const scored = new WeakMap<Tensor, ScoredBy>()

/**
 * Returns the loss `total / weight`, and records both parts. A custom loss that divides by anything but the number
 * of examples needs this: then gradient accumulation equals one large batch, and the loss of an evaluation or an
 * epoch does not depend on the batch size. The loss of several batches is
 *
 *     Σ total / Σ weight        over the batches; with weight 1, Σ total
 *
 * A loss without recorded parts counts as a sum if it is `ops.sum` of one value per example, times any constant;
 * otherwise it counts as a mean over the examples of the batch.
 *
 * @param total sum over the batch, a scalar
 * @param weight number to divide it by, a scalar without gradient, such as the sum of a mask; 1 for a plain sum
 * @throws {ShapeError} when either has more than one element.
 * @example (output, y) => ops.weightedLoss(ops.sum(ops.mul(costs(output, y), mask(y))), ops.sum(mask(y)))
 */
export function weightedLoss(total: Tensor, weight: Tensor | 1): Tensor {
  for (const t of weight === 1 ? [total] : [total, weight]) {
    if (sizeOf(t.shape) !== 1)
      throw misfit('weightedLoss', 'a total and a weight of one number each', t.shape)
  }
  // A copy, so that the same sum may also be used for something else.
  return withParts(weight === 1 ? { ...total } : div(total, weight), { total, weight })
}

/** Records the numerator and denominator of a loss, and returns the loss. */
export function withParts(loss: Tensor, made: LossParts): Tensor {
  parts.set(loss, made)
  return loss
}

/** Attaches to a classification loss the scores and labels it compares, for metrics to use. Returns the same loss. */
export function withClassTargets(loss: Tensor, compared: ClassTargets): Tensor {
  targets.set(loss, compared)
  return loss
}

/** Returns the total and weight that `weightedLoss` recorded for a loss; undefined for any other tensor. */
export const partsOf = (t: Tensor): LossParts | undefined => parts.get(t)

/** Returns the scores and labels that a classification loss compares; undefined for any other tensor. */
export const classTargetsOf = (t: Tensor): ClassTargets | undefined => targets.get(t)

/** Attaches to a loss the scores from which it computes probabilities, for predictions. Returns the same loss. */
export function withLink(loss: Tensor, by: ScoredBy): Tensor {
  scored.set(loss, by)
  return loss
}

/** Returns the scores from which a loss computes probabilities; undefined for any other tensor. */
export const scoredByOf = (t: Tensor): ScoredBy | undefined => scored.get(t)
