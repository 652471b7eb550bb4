import { custom, number, type OptionsOf, readOptions } from '../core/options.ts'
import { checkShape, misfit, sameShape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { relu } from './activation.ts'
import { add, div, mul, sqrt, square, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { equal, notEqual, where } from './compare.ts'
import { maximum } from './extremum.ts'
import { checkClasses, checkLabels, classWeight, labelled, weightFor } from './label.ts'
import { reduced, reductionOptions } from './loss-reduction.ts'
import { withClassTargets } from './loss-weight.ts'
import { unsqueeze } from './movement.ts'
import { norm } from './norm.ts'

// Losses that are 0 beyond a margin.

/** Options of `hingeEmbeddingLoss`. */
export const hingeOptions = {
  ...reductionOptions,
  /** Least distance at which a dissimilar pair has loss 0. @default 1 */
  margin: number({}, 1),
}
export interface HingeOptions extends OptionsOf<typeof hingeOptions> {}

/**
 * Penalizes distances of similar pairs, and distances below `margin` of dissimilar pairs. As PyTorch's
 * `hinge_embedding_loss`.
 *
 *     x where target is 1,    max(0, margin − x) where it is −1
 *
 * @param x distance of each pair
 * @param target 1 for similar pairs, −1 for dissimilar pairs; of the shape of `x`
 * @throws {ShapeError} when the shapes differ.
 */
export function hingeEmbeddingLoss(x: Tensor, target: Tensor, options?: HingeOptions): Tensor {
  const { margin, reduction } = readOptions('hingeEmbeddingLoss', hingeOptions, options)
  checkShape('hingeEmbeddingLoss', 'a target', target, x.shape)
  // Where the target is neither 1 nor −1, both terms count, as in PyTorch.
  const apart = where(notEqual(target, 1), relu(sub(margin, x)), 0)
  return reduced(add(apart, where(notEqual(target, -1), x, 0)), reduction)
}

const cosineOptions = {
  ...reductionOptions,
  /** Greatest cosine at which a dissimilar pair of vectors has loss 0. @default 0 */
  margin: number({}, 0),
}
export interface CosineOptions extends OptionsOf<typeof cosineOptions> {}

/**
 * Penalizes angles between similar vectors, and cosines above `margin` of dissimilar vectors. As PyTorch's
 * `cosine_embedding_loss`.
 *
 *     1 − cos(a, b) where target is 1,    max(0, cos(a, b) − margin) where it is −1
 *
 * @param a `[n, features]`
 * @param b `[n, features]`
 * @param target 1 for similar pairs of vectors, −1 for dissimilar pairs; `[n]`
 * @throws {ShapeError} when the shapes do not fit.
 */
export function cosineEmbeddingLoss(a: Tensor, b: Tensor, target: Tensor, options?: CosineOptions): Tensor {
  const { margin, reduction } = readOptions('cosineEmbeddingLoss', cosineOptions, options)
  if (a.shape.length !== 2 || !sameShape(a.shape, b.shape)) {
    const got = `${showShape(a.shape)} and ${showShape(b.shape)}`
    throw misfit('cosineEmbeddingLoss', 'two of [n, features]', got)
  }
  checkShape('cosineEmbeddingLoss', 'a target', target, a.shape.slice(0, 1))
  const length = (x: Tensor): Tensor => add(sum(square(x), [1]), 1e-12)
  const cosine = div(sum(mul(a, b), [1]), sqrt(mul(length(a), length(b))))
  const apart = where(equal(target, -1), relu(sub(cosine, margin)), 0)
  return reduced(where(equal(target, 1), sub(1, cosine), apart), reduction)
}

/** Cosine of the angle between vectors along `axis` of `a` and `b`. As PyTorch's `cosine_similarity`. */
export function cosineSimilarity(a: Tensor, b: Tensor, axis: number = 1, eps: number = 1e-8): Tensor {
  const length = (x: Tensor): Tensor => maximum(norm(x, [axis]), eps)
  return div(sum(mul(a, b), [axis]), mul(length(a), length(b)))
}

/** Options of `multiMarginLoss`. */
export const multiMarginOptions = {
  ...reductionOptions,
  /** Lead that the label's score needs over another class's score for that class to add no loss. @default 1 */
  margin: number({}, 1),
  /** Weight of each class, `[classes]`: a tensor or numbers. @default 1 each */
  weight: classWeight,
  /** Exponent p of each term of the loss. @default 1 */
  p: custom<1 | 2>('1 or 2', (p) => p === 1 || p === 2, 1),
}
export interface MultiMarginOptions extends OptionsOf<typeof multiMarginOptions> {}

/**
 * Multi-class hinge loss: penalizes scores less than `margin` below the label's score. As PyTorch's
 * `multi_margin_loss`.
 *
 *     Σ_{j ≠ y} w_y · max(0, margin − x_y + x_j)ᵖ / classes    for each example, with class weights w
 *
 * A label that is not a class makes the step fail; variables stay unchanged.
 *
 * @param scores x, `[n, classes]`
 * @param labels y, `[n]` of int32 or int64
 * @throws {ShapeError} when the shapes do not fit.
 */
export function multiMarginLoss(scores: Tensor, labels: Tensor, options?: MultiMarginOptions): Tensor {
  const read = readOptions('multiMarginLoss', multiMarginOptions, options)
  const { margin, p, reduction } = read
  const classes = checkLabels('multiMarginLoss', scores, labels)
  checkClasses('multiMarginLoss', labels, classes)
  const weight = weightFor('multiMarginLoss', scores, read.weight)
  const { pick, weights, settle } = labelled(labels, scores, weight)
  const power = (x: Tensor): Tensor => (p === 1 ? x : square(x))
  const shortfall = power(relu(add(sub(scores, unsqueeze(pick(scores), 1)), margin)))
  // The term of the label itself is always the margin, and is excluded.
  const others = sub(sum(shortfall, [1]), Math.max(0, margin) ** p)
  const costs = div(others, classes)
  const loss = reduced(settle(weight ? mul(costs, weights) : costs), reduction)
  return withClassTargets(loss, { scores, target: labels })
}
