import { allocate, type Data, type DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { type Shape, sizeOf } from '../core/shape.ts'

/** One thing known of each example: its features, or its label. */
export interface Field {
  /** Example after example. */
  readonly data: Data
  /** Of one example: `[100]` for 100 features, `[]` for a label. */
  readonly shape: Shape
  readonly dtype: DType
}

/** Examples in memory: `x` is what a model sees, `y` what it should say. */
export interface Dataset {
  readonly length: number
  readonly x: Field
  readonly y: Field
  /** How many classes the labels name, where `y` is labels. */
  readonly classes?: number
}

/** Examples to learn from, and others to be measured on. */
export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** The arrays that hold examples; labels are integers. */
export type Values = Float32Array | Float64Array | Int32Array

interface Columns {
  readonly x: Values
  readonly y: Values
  /** The shape of one example's `x`; `[features]` with `features = x.length / y.length` unless given. */
  readonly shape?: Shape
  /** How many classes the labels of an Int32Array `y` name; one more than the greatest unless given. */
  readonly classes?: number
}

/**
 * Examples from arrays, one after another.
 *
 * @param columns.y one number an example: labels as an Int32Array, or targets as floats
 * @throws {ArgumentError} when the lengths do not fit, or a label is outside 0 … classes − 1.
 */
export function dataset({ x, y, shape = [x.length / y.length], classes }: Columns): Dataset {
  const size = sizeOf(shape)
  if (y.length === 0 || x.length !== y.length * size) {
    throw new ArgumentError(
      `dataset: wanted ${size} numbers of x for each of ${y.length} examples, got ${x.length}; check shape`,
    )
  }
  const labels = y instanceof Int32Array ? { classes: checkLabels(y, classes) } : {}
  return { length: y.length, x: field(x, shape), y: field(y, []), ...labels }
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

const field = (data: Values, shape: Shape): Field => ({
  data,
  shape,
  dtype: data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32',
})

/** The examples whose numbers `order` lists from `from` to `to`, as one array. */
export function gather({ data, shape, dtype }: Field, order: Int32Array, from: number, to: number): Data {
  const size = sizeOf(shape)
  const out = allocate(dtype, (to - from) * size)
  if (size === 1) {
    for (let i = from; i < to; i++) out[i - from] = data[order[i]!]!
    return out
  }
  for (let i = from, at = 0; i < to; i++) {
    const first = order[i]! * size
    for (let j = first; j < first + size; j++) out[at++] = data[j]!
  }
  return out
}
