import { custom, integer, type OptionsOf, type ValuesOf } from '../core/options.ts'
import { misfit, sameShape, showShape } from '../core/shape.ts'
import { constant, isTensor, scalar, type Tensor } from '../core/tensor.ts'
import { sum } from './broadcast.ts'
import { cast, equal, greaterEqual, less, where } from './compare.ts'
import { checkIntegers } from './elementwise.ts'
import { gatherUnchecked, takeUnchecked } from './gather.ts'
import { logicalAnd, logicalNot } from './logic.ts'
import { reduced, reductionOptions } from './loss-reduction.ts'
import { weightedLoss } from './loss-weight.ts'
import { squeeze, transpose, unsqueeze } from './movement.ts'
import { checkRange } from './range.ts'

type ClassWeight = Tensor | ArrayLike<number>

/** Declares an option: the weight of each class, as a tensor or numbers. */
export const classWeight = custom<ClassWeight>('a tensor or numbers ≥ 0', isClassWeight)

function isClassWeight(value: unknown): boolean {
  if (isTensor(value)) return true
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return false
  return Array.from(value as ArrayLike<unknown>).every((w) => Number.isFinite(w) && (w as number) >= 0)
}

export const labelOptions = {
  ...reductionOptions,
  /** Weight of each class, `[classes]`: a tensor or numbers. @default 1 each */
  weight: classWeight,
  /** Label to ignore: examples with this label do not count in the loss. @default none */
  ignoreIndex: integer(),
}
export interface LabelOptions extends OptionsOf<typeof labelOptions> {}

/** Options of a loss on class labels, checked and with defaults, and the class weights as a tensor. */
export interface Weighted extends Omit<ValuesOf<typeof labelOptions>, 'weight'> {
  readonly weight: Tensor | undefined
}

/** Labels prepared for a loss: their weights, and functions to pick scores and to settle ignored labels. */
interface Labelled {
  /** Returns, for each label, the entry of `scores`, `[…, classes]`, for the label's class. */
  pick(scores: Tensor): Tensor
  /** Weight of each label's class; 0 where the label is ignored or is not a class. */
  readonly weights: Tensor
  /** Returns `costs`, one per label, but 0 for ignored labels and NaN for labels that are not a class. */
  settle(costs: Tensor): Tensor
}

/** Prepares labels, `[…]`, that the caller has checked, for a loss on scores of shape `[…, classes]`. */
export function labelled(labels: Tensor, scores: Tensor, weight?: Tensor, ignoreIndex?: number): Labelled {
  const { shape, dtype } = scores
  const inside = logicalAnd(greaterEqual(labels, 0), less(labels, shape.at(-1)!))
  const ignored = ignoreIndex === undefined ? undefined : equal(labels, ignoreIndex)
  const counts = ignored ? logicalAnd(inside, logicalNot(ignored)) : inside
  const index = where(counts, labels, 0)
  const nan = scalar(Number.NaN, dtype)
  return {
    pick: (scores) => squeeze(gatherUnchecked(scores, index.shape.length, unsqueeze(index, -1)), [-1]),
    weights: weight ? where(counts, takeUnchecked(weight, index), 0) : cast(counts, dtype),
    settle: (costs) => where(counts, costs, ignored ? where(ignored, scalar(0, dtype), nan) : nan),
  }
}

/** Reduces costs by `options.reduction`; a mean divides by the sum of the labels' `weights`, as in PyTorch. */
export function labelReduced(costs: Tensor, weights: Tensor, options: Weighted): Tensor {
  const { reduction, weight, ignoreIndex } = options
  const even = weight === undefined && ignoreIndex === undefined
  return reduction === 'mean' && !even ? weightedLoss(sum(costs), sum(weights)) : reduced(costs, reduction)
}

/** Moves the axis of the classes last: `[n, classes, …]` to `[n, …, classes]`. */
export const classesLast = (scores: Tensor): Tensor =>
  scores.shape.length === 2 ? scores : transpose(scores, [0, ...scores.shape.map((_, i) => i).slice(2), 1])

/**
 * Makes the step that is being traced refuse labels that are neither a class nor `ignoreIndex`; see `checkRange`.
 *
 * @param options options of the loss, for a loss that can ignore labels
 */
export function checkClasses(
  who: string,
  labels: Tensor,
  classes: number,
  options?: { readonly ignoreIndex: number | undefined },
): void {
  const except = options?.ignoreIndex
  const fix = `number the classes from 0${options && except === undefined ? ', or give ignoreIndex' : ''}`
  checkRange(who, 'a label', labels, { min: 0, max: classes - 1, except, fix })
}

/** Returns the number of classes. @throws {ShapeError} unless scores are `[n, classes, …]` and labels `[n, …]`. */
export function checkLabels(who: string, scores: Tensor, labels: Tensor): number {
  const [n, classes, ...positions] = scores.shape
  if (n === undefined || classes === undefined) throw misfit(who, 'scores of [n, classes]', scores.shape)
  if (!sameShape(labels.shape, [n, ...positions])) {
    throw misfit(who, `labels of ${showShape([n, ...positions])}, one for each row of scores`, labels.shape)
  }
  checkIntegers(who, 'labels', labels)
  return classes
}

/** Converts class weights to a tensor. @throws {ShapeError} unless they fit the classes and type of scores. */
export function weightFor(who: string, scores: Tensor, given: ClassWeight | undefined): Tensor | undefined {
  if (given === undefined) return undefined
  const classes = scores.shape[1]!
  const weight = isTensor(given) ? given : constant(Array.from(given), [given.length], scores.dtype)
  if (sameShape(weight.shape, [classes]) && weight.dtype === scores.dtype) return weight
  throw misfit(who, `a weight of ${scores.dtype} [${classes}], one for each class`, weight)
}
