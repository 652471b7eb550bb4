import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import { choice, custom, integer, list, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import { sizeOf } from '../../core/shape.ts'
import { type FieldSpec, shapeOptions, texts } from '../dataset.ts'

/** A column by its name, or by its index from 0; −1 is the last. */
export type Column = string | number

const isColumn = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
const column = custom<Column>('the name or index of a column', isColumn)

/** Options that choose the columns of a table, and how they are read. */
export const tableOptions = {
  /** Column of classes: y is labels. */
  label: column,
  /** Column of target numbers, or several: y is floats. */
  target: custom<Column | readonly Column[]>('the name or index of a column, or a list of them', (value) =>
    [value].flat().every(isColumn),
  ),
  /** Columns of x, in this order. @default all but label and target */
  features: list(column),
  /** Shape of one example's x. @default [features] */
  shape: shapeOptions.shape,
  /** Values of the label column that stand for 0, 1, …. @default those found, sorted */
  classNames: texts,
  /** Number of classes, where the label column has the numbers 0 … classes − 1. */
  classes: integer({ min: 1 }),
  /** For missing values: 'drop' their row, or a number for missing features. @default an error */
  missing: custom<'drop' | number>(
    "'drop' or a number",
    (value) => value === 'drop' || typeof value === 'number',
  ),
  /** Element type of x, and of targets. @default 'float32' */
  dtype: choice(['float32', 'float64'], 'float32'),
}

export interface TableOptions extends OptionsOf<typeof tableOptions> {}

/** Options of a table as they are read. */
export type TableValues = ValuesOf<typeof tableOptions>

/** The chosen columns by index, and the shapes and types of their examples. */
export interface TablePlan {
  readonly features: readonly number[]
  readonly label: number | undefined
  readonly targets: readonly number[]
  readonly x: FieldSpec
  readonly y: FieldSpec
  readonly featureNames: readonly string[] | undefined
}

/**
 * Finds the columns that options choose.
 *
 * @param columns names of all columns, or their number where they have no names
 * @throws {ArgumentError} when a column does not exist, or none is left for x or y.
 */
export function planTable(
  name: string,
  columns: readonly string[] | number,
  { label, target, dtype, ...options }: TableValues,
): TablePlan {
  if ((label === undefined) === (target === undefined)) {
    throw new ArgumentError(
      `${name}: wanted either label, the column of classes, or target, that of numbers, got ` +
        (label === undefined ? 'neither' : 'both'),
    )
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
    y: {
      shape: Array.isArray(target) ? [targets.length] : [],
      dtype: label === undefined ? dtype : 'int32',
    },
    featureNames: typeof columns === 'number' ? undefined : features.map((i) => columns[i]!),
  }
}

/** The number of columns. */
export const widthOf = (columns: readonly string[] | number): number =>
  typeof columns === 'number' ? columns : columns.length

function findColumn(name: string, columns: readonly string[] | number, column: Column): number {
  const width = widthOf(columns)
  if (typeof column === 'number') {
    const at = column < 0 ? column + width : column
    if (Number.isInteger(at) && at >= 0 && at < width) return at
    throw mismatch(name, `a column from ${-width} to ${width - 1}`, column)
  }
  if (typeof columns === 'number') {
    throw mismatch(name, 'columns by index, for they have no names', column)
  }
  const at = columns.indexOf(column)
  if (at < 0) throw unknownName(name, columns, column, 'a column that is ')
  return at
}
