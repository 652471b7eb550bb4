import { misfit, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { div } from './arithmetic.ts'

/** What a loss of a batch is made of, so that the losses of several batches join to that of all their examples. */
export interface LossParts {
  /** Sum over the batch, which `weight` divides. */
  readonly total: Tensor
  /** What the sum is divided by, such as the number of labels that count; 1 if the loss is the sum. */
  readonly weight: Tensor | 1
}

/** What a loss of classes compares. */
export interface ClassTargets {
  /** Scores of the classes, `[n, classes, …]`. */
  readonly scores: Tensor
  /** Labels, or probabilities of the classes. */
  readonly target: Tensor
  /** Label that does not count. */
  readonly ignoreIndex?: number | undefined
}

const parts = new WeakMap<Tensor, LossParts>()
const targets = new WeakMap<Tensor, ClassTargets>()

/**
 * Returns the loss `total / weight` and records that it is such a quotient. A loss of one's own that divides by
 * anything but the number of examples is made by it: then gradient accumulation equals one large batch, and
 * neither the evaluation's loss nor the epoch's depends on the batch size. Batches join to
 *
 *     Σ total / Σ weight        over the batches; with weight 1, Σ total
 *
 * A loss that is not recorded counts as a sum if it is `ops.sum` of one value per example, whatever constant multiplies
 * it, and otherwise as a mean over the examples of the batch.
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

/** Records the parts of a loss. @returns the loss */
export function withParts(loss: Tensor, made: LossParts): Tensor {
  parts.set(loss, made)
  return loss
}

/** Records what a loss of classes compares. @returns the loss */
export function withClassTargets(loss: Tensor, compared: ClassTargets): Tensor {
  targets.set(loss, compared)
  return loss
}

/** Returns the total and weight that `weightedLoss` recorded for a loss; undefined for any other tensor. */
export const partsOf = (t: Tensor): LossParts | undefined => parts.get(t)

/** Returns what the loss `t` compares if it is one of classes; undefined for any other tensor. */
export const classTargetsOf = (t: Tensor): ClassTargets | undefined => targets.get(t)
