import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { relu } from './activation.ts'
import { add, div, mul, sqrt, square, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { equal, notEqual, where } from './compare.ts'
import { maximum } from './extremum.ts'
import { checkLabels, type LabelOptions, labelled, weighted } from './label.ts'
import { type Reduced, reduced } from './loss-reduction.ts'
import { unsqueeze } from './movement.ts'
import { norm } from './norm.ts'

// Losses that want a score to keep a margin, and cost nothing once it does.

export interface MarginOptions extends Reduced {
  readonly margin?: number
}

/**
 * Small distances for pairs that belong together, great ones for others. As PyTorch's `hinge_embedding_loss`.
 *
 *     x where target is 1,    max(0, margin − x) where it is −1
 *
 * @param x distances of pairs
 * @param target 1 or −1, of the shape of `x`
 * @param options.margin 1 by default
 * @throws {ShapeError} when the shapes differ.
 */
export function hingeEmbeddingLoss(
  x: Tensor,
  target: Tensor,
  { margin = 1, reduction }: MarginOptions = {},
): Tensor {
  checkSigns('hingeEmbeddingLoss', target, x.shape)
  // Both parts count where the target is neither, as in PyTorch.
  const apart = where(notEqual(target, 1), relu(sub(margin, x)), 0)
  return reduced('hingeEmbeddingLoss', add(apart, where(notEqual(target, -1), x, 0)), reduction)
}

/**
 * The angle between vectors: small for pairs that belong together. As PyTorch's `cosine_embedding_loss`.
 *
 *     1 − cos(a, b) where target is 1,    max(0, cos(a, b) − margin) where it is −1
 *
 * @param a `[n, features]`
 * @param b `[n, features]`
 * @param target 1 or −1, `[n]`
 * @param options.margin 0 by default
 * @throws {ShapeError} when the shapes do not fit.
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor {
  if (a.shape.length !== 2 || !sameShape(a.shape, b.shape)) {
    throw new ShapeError(
      `cosineEmbeddingLoss: wanted two of [n, features], got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    )
  }
  checkSigns('cosineEmbeddingLoss', target, a.shape.slice(0, 1))
  const length = (x: Tensor): Tensor => add(sum(square(x), [1]), 1e-12)
  const cosine = div(sum(mul(a, b), [1]), sqrt(mul(length(a), length(b))))
  const apart = where(equal(target, -1), relu(sub(cosine, margin)), 0)
  return reduced('cosineEmbeddingLoss', where(equal(target, 1), sub(1, cosine), apart), reduction)
}

/** The cosine of the angle between vectors along `axis`. As PyTorch's `cosine_similarity`. */
export function cosineSimilarity(a: Tensor, b: Tensor, axis: number = 1, eps: number = 1e-8): Tensor {
  const length = (x: Tensor): Tensor => maximum(norm(x, [axis]), eps)
  return div(sum(mul(a, b), [axis]), mul(length(a), length(b)))
}

function checkSigns(who: string, target: Tensor, shape: readonly number[]): void {
  if (sameShape(target.shape, shape)) return
  throw new ShapeError(`${who}: wanted a target of ${showShape(shape)}, got ${showShape(target.shape)}`)
}

export interface MultiMarginOptions extends MarginOptions, Pick<LabelOptions, 'weight'> {
  /** The power of each shortfall, 1 or 2; 1 by default. */
  readonly p?: 1 | 2
}

/**
 * The hinge loss of many classes: the label's score should lead each other by `margin`. As PyTorch's
 * `multi_margin_loss`.
 *
 *     Σ_{j ≠ y} w_y · max(0, margin − x_y + x_j)ᵖ / classes
 *
 * A label that is no class makes the loss NaN, which ends training with an error.
 *
 * @param scores x, `[n, classes]`
 * @param labels y, `[n]` of int32 or int64
 * @param options.margin 1 by default
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} when p is neither 1 nor 2.
 */
export function multiMarginLoss(
  scores: Tensor,
  labels: Tensor,
  { margin = 1, p = 1, reduction, ...options }: MultiMarginOptions = {},
): Tensor {
  const [, classes] = checkLabels('multiMarginLoss', scores, labels)
  const { weight } = weighted('multiMarginLoss', scores, options)
  if (p !== 1 && p !== 2) throw new ArgumentError(`multiMarginLoss: wanted p of 1 or 2, got ${p}`)
  const { pick, weights, settle } = labelled(labels, scores, weight ? { weight } : {})
  const power = (x: Tensor): Tensor => (p === 1 ? x : square(x))
  const shortfall = power(relu(add(sub(scores, unsqueeze(pick(scores), 1)), margin)))
  // The label itself falls short by the margin: that is not its fault.
  const others = sub(sum(shortfall, [1]), Math.max(0, margin) ** p)
  const costs = div(others, classes)
  return reduced('multiMarginLoss', settle(weight ? mul(costs, weights) : costs), reduction)
}
