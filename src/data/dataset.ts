import type { Data, DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, showValue } from '../core/mismatch.ts'
import {
  checkNoMore,
  choice,
  custom,
  type Option,
  type OptionsOf,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import { type Shape, shapeOption, sizeOf } from '../core/shape.ts'
import { inputsOf, isNumbers, type NumberInput, type Target, targetsOf, type Values } from './arrays.ts'
import { weightsOf, weightsOption } from './example-weights.ts'
import { gatherExamples } from './gather-examples.ts'
import { type Names, type NameValues, nameOptions, namesOf } from './names.ts'
import { recipeOf, withRecipe } from './recipe.ts'
import type { TensorSpecs } from './record.ts'
import { checkTargets } from './targets.ts'

/** Shape and element type of an example's `x` (input) or `y` (label or target). */
export interface FieldSpec {
  /** Shape for one example: `[100]` for 100 features, `[3, 32, 32]` for images, `[]` for a scalar or label. */
  readonly shape: Shape
  readonly dtype: DType
  /** Named tensors that the numbers of an example make up, if there are several; see `data.tensors`. */
  readonly tensors?: TensorSpecs
}

/** The `x` or the `y` of all examples of a data set. */
export interface Field extends FieldSpec {
  /** Values of all examples in one flat array, one example after another. */
  readonly data: Data
}

export type { Values } from './arrays.ts'
export { classCount, type Names, nameOptions, namesOf, texts } from './names.ts'

/** Options for the shapes of an example's `x` and `y`. */
export const shapeOptions = {
  /** Shape of one example's `x`. @default [features], where features = x.length / number of examples */
  shape: shapeOption,
  /** Shape of one example's `y`; `[]` is a scalar or a label. @default [] */
  targetShape: { ...shapeOption, fallback: [] } as Option<Shape>,
}

/** Examples in memory: `x` holds the inputs of a model, `y` the labels or targets to predict. */
export interface Dataset extends Names {
  readonly length: number
  readonly x: Field
  readonly y: Field
  /** Weight of each example in loss, accuracy and metrics; absent if every example counts the same. */
  readonly weights?: Field
}

/** Training examples, validation examples to choose on, and perhaps test examples on which nothing is chosen. */
export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
  readonly test?: Dataset
}

const numbers = custom<NumberInput>('an array of numbers, flat or nested', isNumbers)

/** Option that decides whether whole numbers in `y` are class labels or numbers to predict. */
export const targetOption = {
  /** What `y` is: labels or numbers to predict. @default 'labels' for whole numbers, unless in a float array */
  target: choice<Target>(['labels', 'numbers']),
}

const columns = {
  /**
   * Inputs of all examples in one flat array, one example after another, or in nested lists, one for each
   * example. An Int32Array (such as character codes) stays int32; other integers and lists become float32.
   */
  x: required(numbers),
  /**
   * Labels or targets of all examples, in a flat array or nested lists, as `x`. Whole numbers in a list or an
   * integer array are labels (int32), even if each is wrapped in a list, `[label]`; their shape is then `[]`
   * unless `targetShape` says otherwise. Other numbers are targets (floats).
   */
  y: required(numbers),
  shape: shapeOptions.shape,
  /** Shape of one example's `y`; `[]` is a scalar or a label. @default the nested lists' shape, otherwise [] */
  targetShape: shapeOption,
  ...targetOption,
  ...weightsOption,
  ...nameOptions,
}

export interface Columns extends OptionsOf<typeof columns> {}

/**
 * Makes a data set from arrays that hold one example after another. If `y` holds one label for each example,
 * `classes` defaults to the number of `classNames` or, without these, to the greatest label + 1.
 *
 * @throws {ArgumentError} when the length of `x` or `y` does not fit its shape; when a label is neither one of
 *   0 … classes − 1 nor `ignoreIndex`; when `classes` is given for floats that are not class probabilities; or when a
 *   weight is negative or not finite, or all weights are 0.
 * @example data.dataset({ x: Float32Array.of(1, 2, 3, 4, 5, 6), y: Int32Array.of(0, 2, 1) }).x.shape // [2]
 */
export function dataset(given: Columns): Dataset {
  const { x, y, targetShape, weights, ...rest } = converted(readOptions('dataset', columns, given))
  const targetSize = sizeOf(targetShape)
  const length = y.length / (targetSize || 1)
  const { shape = [x.length / length] } = rest
  const size = sizeOf(shape)
  if (!Number.isInteger(length)) {
    throw mismatch('dataset', `whole targets of ${targetSize} numbers`, y.length, 'check targetShape')
  }
  if (!Number.isInteger(size)) {
    throw mismatch('dataset', `equally many numbers of x for each of ${length} examples`, x.length)
  }
  if (length === 0 || x.length !== length * size) {
    throw new ArgumentError(
      `dataset: wanted ${size} numbers of x for each of ${length} examples, got ${x.length}; check shape`,
    )
  }
  return {
    length,
    x: field(x, shape),
    y: field(y, targetShape),
    ...(weights !== undefined && { weights: weightsOf('dataset', weights, length) }),
    ...checkedNames(rest, y, targetShape),
  }
}

/** Converts `x` and `y` to flat arrays, and decides the shapes of their examples. */
function converted({ x, y, target, ...rest }: ValuesOf<typeof columns>) {
  const inputs = inputsOf(x)
  const targets = targetsOf(y, target)
  const { shape = inputs.shape, targetShape: given, ...names } = rest
  if (targets.data.length === 0) throw mismatch('dataset', 'at least one example', 0)
  const { data, shape: found = [] } = targets
  const isColumn = data instanceof Int32Array && found.length === 1 && found[0] === 1
  return { x: inputs.data, y: data, shape, targetShape: given ?? (isColumn ? [] : found), ...names }
}

function checkedNames(names: NameValues, y: Values, shape: Shape): Names {
  const { classNames, classes = classNames?.length } = names
  checkClassNames('dataset', { classNames, classes })
  return namesOf({ ...names, classes: checkTargets(y, shape, names.classes, { ...names, classes }) })
}

/** @throws {ArgumentError} when the numbers of class names and of classes differ, or two names are the same. */
export function checkClassNames(who: string, { classNames, classes = classNames?.length }: NameValues): void {
  if (classNames === undefined) return
  if (classes !== classNames.length)
    throw mismatch(who, `${classes} classNames, one a class`, classNames.length)
  const twice = firstTwice(classNames)
  if (twice !== undefined) throw mismatch(who, 'different classNames', `${twice} twice`)
}

/** Returns the first item of a list that equals an earlier item; undefined if all items differ. */
export function firstTwice<T>(items: readonly T[]): T | undefined {
  const seen = new Set<T>()
  return items.find((item) => seen.size === seen.add(item).size)
}

/** Whether each example has exactly one class label, rather than class probabilities or several labels. */
export const hasLabels = ({ y, classes }: Pick<Dataset, 'y' | 'classes'>): boolean =>
  classes !== undefined && sizeOf(y.shape) === 1

function field(data: Values, shape: Shape): Field {
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32'
  return { data, shape, dtype }
}

/**
 * Returns a new data set with copies of the examples at `indices`, in the order of `indices`.
 *
 * @throws {ArgumentError} when `indices` is empty, or an index is out of range.
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>, ...more: readonly never[]): Dataset {
  checkNoMore('subset', more)
  checkDataset('subset', dataset)
  if (typeof indices !== 'object') throw mismatch('subset', 'indices as a list', indices)
  const order = Int32Array.from(indices)
  const wrong = order.findIndex((index, i) => index !== indices[i] || index < 0 || index >= dataset.length)
  if (wrong >= 0 || order.length === 0) {
    throw mismatch('subset', `indices from 0 to ${dataset.length - 1}`, indices[wrong])
  }
  const pick = (field: Field): Field => ({ ...field, data: gatherExamples(field, order) })
  const part = {
    ...dataset,
    length: order.length,
    x: pick(dataset.x),
    y: pick(dataset.y),
    ...(dataset.weights && { weights: pick(dataset.weights) }),
  }
  return withRecipe(part, recipeOf(dataset))
}

/** @throws {ArgumentError} unless a value is a data set in memory. */
export function checkDataset(who: string, value: unknown): void {
  const { x, y, length } = Object(value) as Partial<Record<'x' | 'y' | 'length', unknown>>
  if ([x, y].every((one) => Object(one) === one) && typeof length === 'number') return
  const isSplit = Object(value) === value && 'train' in (value as object)
  const got = isSplit
    ? 'a split; give it split.train'
    : Object(value) === value
      ? 'an object'
      : showValue(value)
  throw new ArgumentError(`${who}: wanted a data set, as data.dataset makes it, got ${got}`)
}
