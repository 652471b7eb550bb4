import { allocate, type Data, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { checkKnown, mismatch } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'

/** What one thing known of an example looks like. */
export interface FieldSpec {
  /** Of one example: `[100]` for 100 features, `[3, 32, 32]` for an image, `[]` for a label. */
  readonly shape: Shape
  readonly dtype: DType
}

/** One thing known of each example: its features, or its label. */
export interface Field extends FieldSpec {
  /** Example after example. */
  readonly data: Data
}

/** What labels and features are called. */
export interface Names {
  /** How many classes the labels name, where `y` is labels. */
  readonly classes?: number
  /** What the labels 0, 1, … stand for, where that is known. */
  readonly classNames?: readonly string[]
  /** What the numbers of x are, where that is known. */
  readonly featureNames?: readonly string[]
}

/** Examples in memory: `x` is what a model sees, `y` what it should say. */
export interface Dataset extends Names {
  readonly length: number
  readonly x: Field
  readonly y: Field
}

/** Examples to learn from, and others to be measured on. */
export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** The arrays that hold examples; labels are integers. */
export type Values = Float32Array | Float64Array | Int32Array

export interface Columns extends Names {
  readonly x: Values
  readonly y: Values
  /** The shape of one example's `x`; `[features]` with `features = x.length / examples` unless given. */
  readonly shape?: Shape
  /** The shape of one example's `y`; `[]`, one number, unless given. */
  readonly targetShape?: Shape
}

const columnNames = {
  x: true,
  y: true,
  shape: true,
  targetShape: true,
  classes: true,
  classNames: true,
  featureNames: true,
} as const

/**
 * Examples from arrays, one after another.
 *
 * @param columns.y labels as an Int32Array, or targets as floats
 * @param columns.classes of an Int32Array `y`: as many as there are `classNames`, or one more than the greatest
 *   label, unless given
 * @throws {ArgumentError} when the lengths do not fit, or a label is outside 0 … classes − 1.
 * @example data.dataset({ x: Float32Array.of(1, 2, 3, 4, 5, 6), y: Int32Array.of(0, 2, 1) }).x.shape // [2]
 */
export function dataset(columns: Columns): Dataset {
  checkKnown('dataset', columns, columnNames)
  const { x, y, targetShape = [] } = columns
  const length = y.length / (sizeOf(targetShape) || 1)
  const { shape = [x.length / length] } = columns
  const size = sizeOf(shape)
  if (!Number.isInteger(length)) {
    throw mismatch(
      'dataset',
      `whole targets of ${sizeOf(targetShape)} numbers`,
      y.length,
      'check targetShape',
    )
  }
  if (length === 0 || x.length !== length * size) {
    throw new ArgumentError(
      `dataset: wanted ${size} numbers of x for each of ${length} examples, got ${x.length}; check shape`,
    )
  }
  return { length, x: field(x, shape), y: field(y, targetShape), ...names(columns) }
}

/** Names that fit the numbers. */
function names({ y, targetShape, classes, classNames, featureNames }: Columns): Names {
  const labels = y instanceof Int32Array && (targetShape ?? []).length === 0
  const count = classes ?? classNames?.length
  if (classNames !== undefined && count !== classNames.length) {
    throw mismatch('dataset', `${count} classNames, one a class`, classNames.length)
  }
  return {
    ...(labels && { classes: checkLabels(y, count) }),
    ...(classNames !== undefined && { classNames }),
    ...(featureNames !== undefined && { featureNames }),
  }
}

function checkLabels(
  labels: Int32Array,
  classes: number = labels.reduce((a, b) => Math.max(a, b), 0) + 1,
): number {
  const at = labels.findIndex((label) => label < 0 || label >= classes)
  if (at >= 0) {
    throw new ArgumentError(
      `dataset: wanted labels from 0 to ${classes - 1}, got ${labels[at]} at example ${at}`,
    )
  }
  return classes
}

const field = (data: Values, shape: Shape): Field => ({ data, shape, dtype: dtypeOf(data) })

/** The element type of an array of examples. */
export const dtypeOf = (data: Values): 'float32' | 'float64' | 'int32' =>
  data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32'

/**
 * The examples that `indices` lists, in that order, copied.
 *
 * @throws {ArgumentError} when one is not there, or there is none.
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const order = Int32Array.from(indices)
  const wrong = order.findIndex((index, i) => index !== indices[i] || index < 0 || index >= dataset.length)
  if (wrong >= 0 || order.length === 0) {
    throw mismatch('subset', `indices from 0 to ${dataset.length - 1}`, indices[wrong])
  }
  const pick = (field: Field): Field => ({ ...field, data: gatherExamples(field, order) })
  return { ...dataset, length: order.length, x: pick(dataset.x), y: pick(dataset.y) }
}

/** The examples whose numbers `order` lists, as one array: `out` where it is given, of their exact length. */
export function gatherExamples(
  { data, shape, dtype }: Field,
  order: Int32Array,
  out: Data = allocate(dtype, order.length * sizeOf(shape)),
): Data {
  const size = sizeOf(shape)
  if (size < 24) gatherNumbers(out, data, size, order)
  else gatherRows(out as Float32Array, data as Float32Array, size, order)
  return out
}

/** Short rows: a call to copy one costs more than its numbers do. */
function gatherNumbers(out: Data, data: Data, size: number, order: Int32Array): void {
  for (let i = 0, at = 0; i < order.length; i++) {
    const first = order[i]! * size
    for (let j = first; j < first + size; j++) out[at++] = data[j]!
  }
}

function gatherRows(out: Float32Array, data: Float32Array, size: number, order: Int32Array): void {
  for (let i = 0; i < order.length; i++) {
    const first = order[i]! * size
    out.set(data.subarray(first, first + size), i * size)
  }
}
