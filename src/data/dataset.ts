import { allocate, type Data, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { custom, integer, type OptionsOf, readOptions, required, type ValuesOf } from '../core/options.ts'
import { type Shape, sizeOf } from '../core/shape.ts'

/** Shape and element type of one field of an example. */
export interface FieldSpec {
  /** Shape of one example: `[100]` for 100 features, `[3, 32, 32]` for an image, `[]` for a label. */
  readonly shape: Shape
  readonly dtype: DType
}

/** One field of all examples: their features, or their labels. */
export interface Field extends FieldSpec {
  /** One example after another. */
  readonly data: Data
}

const isList = (of: (item: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(of)
const isShape = isList((size) => Number.isInteger(size) && (size as number) >= 0)
const shapeWanted = 'a list of integers ≥ 0'

/** A list of texts. */
export const texts = custom<readonly string[]>(
  'a list of texts',
  isList((item) => typeof item === 'string'),
)

/** Shapes of one example, as options. */
export const shapeOptions = {
  /** Shape of one example's `x`. @default [features], with features = x.length / examples */
  shape: custom<Shape>(shapeWanted, isShape),
  /** Shape of one example's `y`; `[]` is a single number. @default [] */
  targetShape: custom<Shape>(shapeWanted, isShape, []),
}

/** Names of classes and features, as options. */
export const nameOptions = {
  /** Number of classes, where `y` is labels. */
  classes: integer({ min: 1 }),
  /** Meaning of the labels 0, 1, …, where known. */
  classNames: texts,
  /** Meaning of the numbers of an example's x, where known. */
  featureNames: texts,
}

/** Names of classes and features. */
export interface Names extends OptionsOf<typeof nameOptions> {}

/** The names among other properties, without those that are undefined. */
export const namesOf = ({
  classes,
  classNames,
  featureNames,
}: Partial<ValuesOf<typeof nameOptions>>): Names => ({
  ...(classes !== undefined && { classes }),
  ...(classNames !== undefined && { classNames }),
  ...(featureNames !== undefined && { featureNames }),
})

/** Examples in memory: `x` is a model's input, `y` its target. */
export interface Dataset extends Names {
  readonly length: number
  readonly x: Field
  readonly y: Field
}

/** Examples to train on, and held-out examples to validate on. */
export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** Arrays that hold examples; labels are integers. */
export type Values = Float32Array | Float64Array | Int32Array

const values = custom<Values>(
  'a Float32Array, Float64Array or Int32Array',
  (data) => data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array,
)

const columns = {
  /** Inputs, one example after another. */
  x: required(values),
  /** Labels as an Int32Array, or targets as floats. */
  y: required(values),
  ...shapeOptions,
  ...nameOptions,
}

export interface Columns extends OptionsOf<typeof columns> {}

/**
 * Makes a data set of arrays that hold one example after another.
 *
 * Labels without `classes` or `classNames` have as many classes as the greatest label + 1.
 *
 * @throws {ArgumentError} when the lengths do not fit, or a label is outside 0 … classes − 1.
 * @example data.dataset({ x: Float32Array.of(1, 2, 3, 4, 5, 6), y: Int32Array.of(0, 2, 1) }).x.shape // [2]
 */
export function dataset(given: Columns): Dataset {
  const { x, y, targetShape, ...rest } = readOptions('dataset', columns, given)
  const targetSize = sizeOf(targetShape)
  const length = y.length / (targetSize || 1)
  const { shape = [x.length / length] } = rest
  const size = sizeOf(shape)
  if (!Number.isInteger(length)) {
    throw mismatch('dataset', `whole targets of ${targetSize} numbers`, y.length, 'check targetShape')
  }
  if (length === 0 || x.length !== length * size) {
    throw new ArgumentError(
      `dataset: wanted ${size} numbers of x for each of ${length} examples, got ${x.length}; check shape`,
    )
  }
  const labels = y instanceof Int32Array && targetShape.length === 0 ? y : undefined
  return { length, x: field(x, shape), y: field(y, targetShape), ...checkedNames(rest, labels) }
}

function checkedNames(
  { classes, classNames, featureNames }: Partial<ValuesOf<typeof nameOptions>>,
  labels: Int32Array | undefined,
): Names {
  const count = classes ?? classNames?.length
  if (classNames !== undefined && count !== classNames.length) {
    throw mismatch('dataset', `${count} classNames, one a class`, classNames.length)
  }
  return namesOf({ classes: labels && checkLabels(labels, count), classNames, featureNames })
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

const dtypeOf = (data: Values): 'float32' | 'float64' | 'int32' =>
  data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32'

/**
 * The examples at `indices`, in that order, copied.
 *
 * @throws {ArgumentError} when an index is out of range, or there are none.
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

/** Copies one field of the examples in `order` to `out`, whose length must be exact. */
export function gatherExamples(
  { data, shape, dtype }: Field,
  order: Int32Array,
  out: Data = allocate(dtype, order.length * sizeOf(shape)),
): Data {
  const size = sizeOf(shape)
  if (size < 24) gatherNumbers(out, data, size, order)
  else gatherRows(out as Values, data as Values, size, order)
  return out
}

/** For short rows: calling `set` costs more than copying their numbers. */
function gatherNumbers(out: Data, data: Data, size: number, order: Int32Array): void {
  for (let i = 0, at = 0; i < order.length; i++) {
    const first = order[i]! * size
    for (let j = first; j < first + size; j++) out[at++] = data[j]!
  }
}

function gatherRows(out: Values, data: Values, size: number, order: Int32Array): void {
  for (let i = 0; i < order.length; i++) {
    const first = order[i]! * size
    out.set(data.subarray(first, first + size), i * size)
  }
}
