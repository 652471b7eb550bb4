import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import { choice, custom, integer, list, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import { sizeOf } from '../../core/shape.ts'
import { type FieldSpec, namesOf, shapeOptions, texts } from '../dataset.ts'
import type { Stream } from '../stream.ts'

/** A column by its name, or by its index from 0; −1 is the last. */
export type Column = string | number

const isColumn = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
const column = custom<Column>('the name or index of a column', isColumn)

/** Options for reading the columns of a table. */
export const tableOptions = {
  /** Column of labels: `y` holds classes. */
  label: column,
  /** Column of target values, or a list of several columns: `y` holds floats. */
  target: custom<Column | readonly Column[]>('the name or index of a column, or a list of them', (value) =>
    [value].flat().every(isColumn),
  ),
  /** Columns of `x`, in this order. @default all columns except label and target */
  features: list(column),
  /** Shape of one example's `x`. @default [number of features] */
  shape: shapeOptions.shape,
  /** Values of the label column for the classes 0, 1, …. @default its distinct values, sorted */
  classNames: texts,
  /** Number of classes, if the label column holds the integers 0 … classes − 1. */
  classes: integer({ min: 1 }),
  /** Treatment of missing values: 'drop' the row, or a number to replace features. @default an error */
  missing: custom<'drop' | number>(
    "'drop' or a number",
    (value) => value === 'drop' || typeof value === 'number',
  ),
  /** Element type of `x`, and of targets. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
}

export interface TableOptions extends OptionsOf<typeof tableOptions> {}

/** Options of a table after reading: checked, with defaults. */
export type TableValues = ValuesOf<typeof tableOptions>

/** Indices of the columns to read, and the shapes and types of the examples. */
export interface TablePlan {
  readonly features: readonly number[]
  readonly label: number | undefined
  readonly targets: readonly number[]
  readonly x: FieldSpec
  readonly y: FieldSpec
  readonly featureNames: readonly string[] | undefined
}

/**
 * Resolves the options of a table to column indices.
 *
 * @param columns names of all columns, or their number if they are unnamed
 * @throws {ArgumentError} when a column does not exist, or none is left for `x` or `y`.
 */
export function planTable(
  name: string,
  columns: readonly string[] | number,
  { label, target, dtype, ...options }: TableValues,
): TablePlan {
  if ((label === undefined) === (target === undefined)) {
    const wanted = 'either label, the column of classes, or target, that of numbers'
    throw new ArgumentError(`${name}: wanted ${wanted}, got ${label === undefined ? 'neither' : 'both'}`)
  }
  const find = (column: Column): number => findColumn(name, columns, column)
  const targets = target === undefined ? [] : [target].flat().map(find)
  const all = Array.from({ length: widthOf(columns) }, (_, i) => i)
  const labelAt = label === undefined ? undefined : find(label)
  const features = options.features?.map(find) ?? all.filter((i) => i !== labelAt && !targets.includes(i))
  const shape = options.shape ?? [features.length]
  if (features.length === 0 || sizeOf(shape) !== features.length) {
    throw mismatch(name, `${sizeOf(shape)} columns of features`, features.length, 'check features and shape')
  }
  return {
    features,
    label: labelAt,
    targets,
    x: { shape, dtype },
    y: { shape: Array.isArray(target) ? [targets.length] : [], dtype: label === undefined ? dtype : 'int32' },
    featureNames: typeof columns === 'number' ? undefined : features.map((i) => columns[i]!),
  }
}

/** Returns the number of columns. */
export const widthOf = (columns: readonly string[] | number): number =>
  typeof columns === 'number' ? columns : columns.length

/** Returns the index of a column. @throws {ArgumentError} when there is no such column. */
function findColumn(name: string, columns: readonly string[] | number, column: Column): number {
  const width = widthOf(columns)
  if (typeof column === 'number') {
    const at = column < 0 ? column + width : column
    if (Number.isInteger(at) && at >= 0 && at < width) return at
    throw mismatch(name, `a column from ${-width} to ${width - 1}`, column)
  }
  if (typeof columns === 'number') throw mismatch(name, 'columns by index, for they have no names', column)
  const at = columns.indexOf(column)
  if (at < 0) throw unknownName(name, columns, column, 'a column that is ')
  return at
}

/**
 * Describes a stream of a table's examples: their shapes, types and names.
 *
 * @throws {ArgumentError} when `label` is given without `classNames` or `classes`.
 */
export function tableSpec(
  name: string,
  { x, y, featureNames }: TablePlan,
  { label, classNames, classes = classNames?.length }: TableValues,
): Omit<Stream, 'read'> {
  if (label === undefined) return { x, y, ...namesOf({ featureNames }) }
  if (classes !== undefined) return { x, y, ...namesOf({ classes, classNames, featureNames }) }
  const wanted = 'classNames or classes, for labels are unknown before the end of a stream'
  throw mismatch(name, wanted, undefined)
}
