import { ShapeError } from '../core/errors.ts'
import { sameShape, showShape } from '../core/shape.ts'
import { constant, scalar, type Tensor } from '../core/tensor.ts'
import { div } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { cast, equal, greaterEqual, less, where } from './compare.ts'
import { gather, take } from './gather.ts'
import { logicalAnd, logicalNot } from './logic.ts'
import { type Reduced, reduced } from './loss-reduction.ts'
import { squeeze, transpose, unsqueeze } from './movement.ts'

export interface LabelOptions extends Reduced {
  /** How much each class counts, `[classes]`, as a tensor or numbers; the same by default. */
  readonly weight?: Tensor | ArrayLike<number>
  /** A label whose example does not count; none by default. */
  readonly ignoreIndex?: number
}

/** Options as `weighted` gives them. */
export interface WeightedLabelOptions extends Omit<LabelOptions, 'weight'> {
  readonly weight?: Tensor
}

/** Labels as classes of scores, those that count apart from those that do not. */
export interface Labelled {
  /** Of each label, the element of `scores`, `[…, classes]`, at its class. */
  pick(scores: Tensor): Tensor
  /** Of each label, the weight of its class: 0 where it is ignored. */
  readonly weights: Tensor
  /** `costs`, one for each label, but 0 where a label is ignored, and NaN where it is no class. */
  settle(costs: Tensor): Tensor
}

/** What losses need to know of `labels` of `classes`, computed in `dtype`. */
export function labelled(
  labels: Tensor,
  { shape, dtype }: Tensor,
  { weight, ignoreIndex }: WeightedLabelOptions,
): Labelled {
  const inside = logicalAnd(greaterEqual(labels, 0), less(labels, shape.at(-1)!))
  const ignored = ignoreIndex === undefined ? undefined : equal(labels, ignoreIndex)
  const counts = ignored ? logicalAnd(inside, logicalNot(ignored)) : inside
  const index = where(counts, labels, 0)
  const nan = scalar(Number.NaN, dtype)
  return {
    pick: (scores) => squeeze(gather(scores, -1, unsqueeze(index, -1)), [-1]),
    weights: weight ? where(counts, take(weight, index), 0) : cast(counts, dtype),
    settle: (costs) => where(counts, costs, ignored ? where(ignored, scalar(0, dtype), nan) : nan),
  }
}

/** Costs reduced as told; a mean is over the weights of the labels, as in PyTorch. */
export function labelReduced(
  who: string,
  costs: Tensor,
  weights: Tensor,
  { reduction = 'mean', weight, ignoreIndex }: WeightedLabelOptions,
): Tensor {
  const even = weight === undefined && ignoreIndex === undefined
  return reduction === 'mean' && !even ? div(sum(costs), sum(weights)) : reduced(who, costs, reduction)
}

/** `[n, classes, …]` as `[n, …, classes]`. */
export const classesLast = (scores: Tensor): Tensor =>
  scores.shape.length === 2 ? scores : transpose(scores, [0, ...scores.shape.map((_, i) => i).slice(2), 1])

/** @throws {ShapeError} when `scores` are not `[n, classes, …]`, or `labels` not `[n, …]` of integers. */
export function checkLabels(
  who: string,
  scores: Tensor,
  labels: Tensor,
): readonly [n: number, classes: number] {
  const [n, classes, ...places] = scores.shape
  if (n === undefined || classes === undefined) {
    throw new ShapeError(`${who}: wanted scores of [n, classes], got ${showShape(scores.shape)}`)
  }
  if (!sameShape(labels.shape, [n, ...places])) {
    throw new ShapeError(
      `${who}: wanted labels of ${showShape([n, ...places])}, one for each row of scores, got ${showShape(labels.shape)}`,
    )
  }
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
    throw new ShapeError(`${who}: wanted labels of int32 or int64, got ${labels.dtype}`)
  }
  return [n, classes]
}

/**
 * Options with their weight as a tensor.
 *
 * @throws {ShapeError} when it is not `[classes]`, or a tensor of another type than the scores.
 */
export function weighted<O extends LabelOptions>(
  who: string,
  scores: Tensor,
  { weight: given, ...rest }: O,
): Omit<O, 'weight'> & { readonly weight?: Tensor } {
  if (!given) return rest
  const classes = scores.shape[1]!
  const weight = isTensor(given) ? given : constant(Array.from(given), [given.length], scores.dtype)
  if (sameShape(weight.shape, [classes]) && weight.dtype === scores.dtype) return { ...rest, weight }
  throw new ShapeError(
    `${who}: wanted a weight of ${scores.dtype} [${classes}], one for each class, got ${weight.dtype} ${showShape(weight.shape)}`,
  )
}

const isTensor = (weight: Tensor | ArrayLike<number>): weight is Tensor => 'op' in weight
