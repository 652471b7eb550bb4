import { custom, integer, type OptionsOf } from '../core/options.ts'
import { misfit, sameShape, showShape } from '../core/shape.ts'
import { constant, isTensor, scalar, type Tensor } from '../core/tensor.ts'
import { div } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { cast, equal, greaterEqual, less, where } from './compare.ts'
import { checkIntegers } from './elementwise.ts'
import { gather, take } from './gather.ts'
import { logicalAnd, logicalNot } from './logic.ts'
import { type Reduced, reduced, reductionOptions } from './loss-reduction.ts'
import { squeeze, transpose, unsqueeze } from './movement.ts'

type ClassWeight = Tensor | ArrayLike<number>
const isList = (value: unknown): boolean => Array.isArray(value) || ArrayBuffer.isView(value)

/** An option of how much each class counts. */
export const classWeight = custom<ClassWeight>(
  'a tensor or numbers',
  (value) => isTensor(value) || isList(value),
)

export const labelOptions = {
  ...reductionOptions,
  /** How much each class counts, `[classes]`: a tensor or numbers. @default 1 each */
  weight: classWeight,
  /** Label whose examples do not count. */
  ignoreIndex: integer(),
}
export interface LabelOptions extends OptionsOf<typeof labelOptions> {}

/** Label options as they are read, with the weight as a tensor. */
export interface Weighted {
  readonly reduction: NonNullable<Reduced['reduction']>
  readonly weight: Tensor | undefined
  readonly ignoreIndex: number | undefined
}

/** Labels as indices into scores, with those that count set apart. */
export interface Labelled {
  /** For each label, the element of `scores`, `[…, classes]`, at its class. */
  pick(scores: Tensor): Tensor
  /** For each label, the weight of its class; 0 where it is ignored. */
  readonly weights: Tensor
  /** `costs`, one for each label, but 0 where a label is ignored, and NaN where it is not a class. */
  settle(costs: Tensor): Tensor
}

/** Labels prepared for losses of `scores`, `[…, classes]`. */
export function labelled(
  labels: Tensor,
  { shape, dtype }: Tensor,
  weight: Tensor | undefined,
  ignoreIndex?: number,
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

/** Reduced costs; a mean is over the weights of the labels, as in PyTorch. */
export function labelReduced(
  costs: Tensor,
  weights: Tensor,
  { reduction, weight, ignoreIndex }: Weighted,
): Tensor {
  const even = weight === undefined && ignoreIndex === undefined
  return reduction === 'mean' && !even ? div(sum(costs), sum(weights)) : reduced(costs, reduction)
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
  const [n, classes, ...positions] = scores.shape
  if (n === undefined || classes === undefined) throw misfit(who, 'scores of [n, classes]', scores.shape)
  if (!sameShape(labels.shape, [n, ...positions])) {
    throw misfit(who, `labels of ${showShape([n, ...positions])}, one for each row of scores`, labels.shape)
  }
  checkIntegers(who, 'labels', labels)
  return [n, classes]
}

/**
 * A class weight as a tensor.
 *
 * @throws {ShapeError} when it is not `[classes]`, or a tensor of another type than the scores.
 */
export function weightFor(who: string, scores: Tensor, given: ClassWeight | undefined): Tensor | undefined {
  if (given === undefined) return undefined
  const classes = scores.shape[1]!
  const weight = isTensor(given) ? given : constant(Array.from(given), [given.length], scores.dtype)
  if (sameShape(weight.shape, [classes]) && weight.dtype === scores.dtype) return weight
  throw misfit(who, `a weight of ${scores.dtype} [${classes}], one for each class`, weight)
}
