import { ArgumentError } from '../../core/errors.ts'
import { columnAbsent, mismatch, unknownName } from '../../core/mismatch.ts'
import { choice, custom, list, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import { sizeOf } from '../../core/shape.ts'
import {
  checkClassNames,
  classCount,
  type FieldSpec,
  firstTwice,
  namesOf,
  shapeOptions,
  texts,
} from '../dataset.ts'
import type { Stream } from '../stream.ts'

/** The name of a column, or its index: 0 is the first column, −1 the last. */
export type Column = string | number

const isColumn = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
const column = custom<Column>('the name or index of a column', isColumn)

/** Options for making examples from a table (CSV or Parquet). */
export const tableOptions = {
  /** Name or index of the column of labels, for classification: `y` then holds class indices. */
  label: column,
  /** Name or index of the column of targets, or a list of several, for regression: `y` then holds floats. */
  target: custom<Column | readonly Column[]>('the name or index of a column, or a list of them', (value) =>
    [value].flat().every(isColumn),
  ),
  /** Name or index of the column with each example's weight in loss, accuracy and metrics: numbers ≥ 0. */
  weight: column,
  /** Names or indices of the columns of `x`, in order. @default all columns except label, target and weight */
  features: list(column),
  /** Shape of one example's `x`. @default [number of features] */
  shape: shapeOptions.shape,
  /** Texts in the label column that stand for classes 0, 1, …. @default its distinct values, sorted */
  classNames: texts,
  /** Number of classes, if the label column holds the integers 0 … classes − 1. */
  classes: classCount,
  /** How to treat missing values: 'drop' drops the row; a number replaces missing features. @default an error */
  missing: custom<'drop' | number>(
    "'drop' or a finite number",
    (value) => value === 'drop' || Number.isFinite(value),
  ),
  /**
   * Texts that count as missing, besides the empty cell; a name in `classNames` never does. @default pandas'
   * list (`NA`, `NaN`, `null`, …) and `?`
   */
  naValues: texts,
  /** Element type of `x`, and of `y` if it holds targets. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
}

export interface TableOptions extends OptionsOf<typeof tableOptions> {}

/** Values of `tableOptions` after they were checked and defaults filled in. */
export type TableValues = ValuesOf<typeof tableOptions>

/** Whether a table is read for its inputs alone, to predict what belongs to them: no target is asked of it. */
export const isInputOnly = ({ target }: Pick<TableValues, 'target'>): boolean =>
  Array.isArray(target) && target.length === 0

/** Indices of the columns to read from a table, and shapes and element types of the examples they make. */
export interface TablePlan {
  readonly features: readonly number[]
  readonly label: number | undefined
  readonly targets: readonly number[]
  readonly weight: number | undefined
  readonly x: FieldSpec
  readonly y: FieldSpec
  /** Element type of the weights, if there is a column of them. */
  readonly weights?: FieldSpec
  readonly featureNames: readonly string[] | undefined
}

/**
 * Finds the indices of the columns that the options choose, and the shapes of the examples.
 *
 * @param columns names of all columns of the table, or their number if they have no names
 * @throws {ArgumentError} when a column does not exist, or none is left for `x` or `y`.
 */
export function planTable(
  name: string,
  columns: readonly string[] | number,
  { label, target, weight, dtype, ...options }: TableValues,
): TablePlan {
  checkClassNames('dataset', options)
  if ((label === undefined) === (target === undefined)) {
    const wanted = 'either label, the column of classes, or target, that of numbers'
    throw new ArgumentError(`${name}: wanted ${wanted}, got ${label === undefined ? 'neither' : 'both'}`)
  }
  if (isInputOnly({ target })) checkThere(name, columns, options.features)
  const find = finder(name, columns, [label, target, weight, options.features].flat(2))
  const targets = target === undefined ? [] : [target].flat().map(find)
  const all = Array.from({ length: widthOf(columns) }, (_, i) => i)
  const labelAt = label === undefined ? undefined : find(label)
  const predicted = new Set(labelAt === undefined ? targets : [labelAt])
  const weightAt = weight === undefined || isInputOnly({ target }) ? undefined : find(weight)
  const features = options.features?.map(find) ?? all.filter((i) => !predicted.has(i) && i !== weightAt)
  const shape = options.shape ?? [features.length]
  checkFeatures(name, columns, features, predicted)
  checkWeight(name, columns, weightAt, features, predicted)
  checkTwice(name, columns, targets, 'target')
  if (sizeOf(shape) !== features.length) {
    throw mismatch(name, `${sizeOf(shape)} columns of features`, features.length, 'check features and shape')
  }
  return {
    features,
    label: labelAt,
    targets,
    weight: weightAt,
    x: { shape, dtype },
    y: { shape: Array.isArray(target) ? [targets.length] : [], dtype: label === undefined ? dtype : 'int32' },
    ...(weightAt !== undefined && { weights: { shape: [], dtype: 'float64' } as const }),
    featureNames: typeof columns === 'number' ? undefined : features.map((i) => columns[i]!),
  }
}

/** @throws {ArgumentError} when a file of inputs lacks a column that the model reads. */
function checkThere(
  name: string,
  columns: readonly string[] | number,
  features: TableValues['features'] = [],
): void {
  if (typeof columns === 'number') return
  const needed = features.filter((column) => typeof column === 'string')
  const found = new Set(columns)
  const lacking = needed.find((column) => !found.has(column))
  if (lacking !== undefined) throw columnAbsent(name, lacking, columns, needed)
}

/** @throws {ArgumentError} when there is no feature, one is chosen twice, or is also the label or a target. */
function checkFeatures(
  name: string,
  columns: readonly string[] | number,
  features: readonly number[],
  predicted: ReadonlySet<number>,
): void {
  const leak = features.find((at) => predicted.has(at))
  if (leak !== undefined) {
    const fix = 'leave it out of features'
    throw mismatch(name, 'features without the column to predict', shown(columns, leak), fix)
  }
  checkTwice(name, columns, features, 'features')
  const wanted = 'a column of features besides what is to be predicted'
  if (features.length === 0) throw mismatch(name, wanted, undefined, 'name fewer targets')
}

/** @throws {ArgumentError} when the column of weights is also a feature, or the label or a target. */
function checkWeight(
  name: string,
  columns: readonly string[] | number,
  weight: number | undefined,
  features: readonly number[],
  predicted: ReadonlySet<number>,
): void {
  if (weight === undefined) return
  const other = predicted.has(weight) ? 'the column to predict' : features.includes(weight) && 'a feature'
  if (other) throw mismatch(name, 'weight as a column of its own', `${shown(columns, weight)}, ${other}`)
}

function checkTwice(
  name: string,
  columns: readonly string[] | number,
  chosen: readonly number[],
  option: string,
): void {
  const twice = firstTwice(chosen)
  if (twice === undefined) return
  throw mismatch(name, `each column once in ${option}`, `${shown(columns, twice)} twice`)
}

const shown = (columns: readonly string[] | number, at: number): string =>
  typeof columns === 'number' ? `column ${at}` : columns[at]!

/** Returns the number of columns, given their names or their number. */
export const widthOf = (columns: readonly string[] | number): number =>
  typeof columns === 'number' ? columns : columns.length

/**
 * Returns a function that finds the index (≥ 0) of a column, and throws an ArgumentError when there is none.
 *
 * @param chosen all columns that will be looked for
 */
function finder(
  name: string,
  columns: readonly string[] | number,
  chosen: readonly unknown[],
): (column: Column) => number {
  const width = widthOf(columns)
  const places = new Map(typeof columns === 'number' ? [] : columns.map((column, at) => [column, at]))
  return (column) => {
    if (typeof column === 'number') {
      const at = column < 0 ? column + width : column
      if (Number.isInteger(at) && at >= 0 && at < width) return at
      throw mismatch(name, `a column from ${-width} to ${width - 1}`, column)
    }
    if (typeof columns === 'number') {
      throw mismatch(name, 'columns by index, for they have no names', column)
    }
    const at = places.get(column)
    if (at === undefined) throw unknownName(name, columns, column, 'a column that is ', chosen)
    return at
  }
}

/**
 * Returns shapes, types, classes and names of a table's examples: all fields of a stream except `read`.
 *
 * @throws {ArgumentError} when `label` is given without `classNames` or `classes`.
 */
export function tableSpec(
  name: string,
  { x, y, weights, featureNames }: TablePlan,
  { label, classNames, classes = classNames?.length }: TableValues,
): Omit<Stream, 'read'> {
  const fields = { x, y, ...(weights && { weights }) }
  if (label === undefined) return { ...fields, ...namesOf({ featureNames }) }
  if (classes !== undefined) return { ...fields, ...namesOf({ classes, classNames, featureNames }) }
  const wanted = 'classNames or classes, for labels are unknown before the end of a stream'
  throw mismatch(name, wanted, undefined)
}
