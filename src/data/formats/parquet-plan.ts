import { malformed } from '../../core/mismatch.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import type { ParquetColumn } from './parquet-columns.ts'
import { planTable, type TablePlan, type TableValues } from './table.ts'

/** A column to read, and where its values go in `x` or `y`. */
export interface Reading {
  readonly column: ParquetColumn
  readonly kind: 'feature' | 'target' | 'label' | 'weight'
  /** Index in an example's `x`, `y` or weight where the value (of a list: its first number) is stored. */
  readonly place: number
  /** Shape of each value; `[]` for a number. */
  readonly shape: Shape
}

/** Plan of a table in which a column of lists counts as several columns, one for each element of the lists. */
export interface ParquetPlan extends TablePlan {
  readonly readings: readonly Reading[]
}

/**
 * Finds the columns that the options choose.
 *
 * @param shapeIn returns the shape of the lists in a column
 * @throws {ArgumentError} when a column does not exist, or none is left for `x` or `y`.
 * @throws {FormatError} when a chosen column does not have values that can be numbers or labels.
 */
export async function planParquet(
  name: string,
  columns: readonly ParquetColumn[],
  options: TableValues,
  shapeIn: (column: ParquetColumn) => Promise<Shape>,
): Promise<ParquetPlan> {
  const { label, targets, weight, features } = planTable(
    name,
    columns.map((column) => column.name),
    { ...options, shape: undefined },
  )
  const chosen = new Set([...features, ...targets, ...listOf(label), ...listOf(weight)])
  for (const at of chosen)
    checkColumn(name, columns[at]!, at === label ? 'label' : at === weight ? 'weight' : 'feature')
  const shapes = await Promise.all(
    columns.map((column, at) => (chosen.has(at) && column.isList ? shapeIn(column) : [])),
  )
  const names = columns.map((column, at) => elementsOf(column, shapes[at]!))
  const starts = names.map(() => 0)
  for (let at = 1; at < starts.length; at++) starts[at] = starts[at - 1]! + names[at - 1]!.length
  const within = (at: number): number[] => names[at]!.map((_, i) => starts[at]! + i)
  const isVector = Array.isArray(options.target) || targets.some((at) => columns[at]!.isList)
  const [target] = targets
  const plan = planTable(name, names.flat(), {
    ...options,
    features: features.flatMap(within),
    label: label === undefined ? undefined : within(label)[0],
    weight: weight === undefined ? undefined : within(weight)[0],
    target: isVector ? targets.flatMap(within) : target === undefined ? undefined : within(target)[0],
  })
  const readings = [
    ...readingsOf(features, 'feature', columns, shapes),
    ...readingsOf(targets, 'target', columns, shapes),
    ...readingsOf(listOf(weight), 'weight', columns, shapes),
    ...readingsOf(listOf(label), 'label', columns, shapes),
  ]
  return { ...plan, readings }
}

/** Returns how to read some columns, whose values lie one after another in an example. */
function readingsOf(
  chosen: readonly number[],
  kind: Reading['kind'],
  columns: readonly ParquetColumn[],
  shapes: readonly Shape[],
): Reading[] {
  let next = 0
  return chosen.map((at) => {
    const place = next
    next += sizeOf(shapes[at]!)
    return { column: columns[at]!, kind, place, shape: shapes[at]! }
  })
}

const listOf = (at: number | undefined): readonly number[] => (at === undefined ? [] : [at])

/** Returns the feature names of a column: its own name or, for lists, `name[0]`, `name[1]`, … */
const elementsOf = ({ name, isList }: ParquetColumn, shape: Shape): string[] =>
  isList ? Array.from({ length: sizeOf(shape) }, (_, i) => `${name}[${i}]`) : [name]

function checkColumn(file: string, { name, other, isList }: ParquetColumn, kind: Reading['kind']): void {
  const isLabel = kind === 'label'
  if (other !== undefined) {
    const fix = isLabel
      ? 'turn them into texts or numbers first'
      : 'turn them into numbers first, such as days since a start, or choose other columns with features'
    throw malformed(file, isLabel ? 'a column of labels' : 'columns of numbers', `${other} in ${name}`, fix)
  }
  if (kind === 'weight' && isList) throw malformed(file, 'a weight in each row', `lists in ${name}`)
  if (isLabel && isList)
    throw malformed(file, 'a label in each row', `lists in ${name}`, 'give them as target')
}

/** Returns the shape of nested lists, judged by the first element that is not null; `[]` for other values. */
export const shapeOfList = (value: unknown): Shape =>
  Array.isArray(value) ? [value.length, ...shapeOfList(value.find((item) => item != null))] : []

/**
 * Appends a value, a number or nested lists of the given shape, to `out` element by element. A missing list
 * counts as a list of missing elements.
 *
 * @throws {FormatError} when a list has another length.
 */
export function flattened(
  value: unknown,
  shape: Shape,
  out: unknown[],
  misfit: (wanted: string, got: string) => Error,
): void {
  const [length, ...inner] = shape
  if (length === undefined) {
    if (Array.isArray(value)) throw misfit('a number', 'a list')
    out.push(value)
  } else if (value === null || value === undefined) {
    for (let i = sizeOf(shape); i > 0; i--) out.push(null)
  } else {
    const items = Array.isArray(value) ? value : undefined
    if (items?.length !== length)
      throw misfit(`a list of ${length}`, items ? `one of ${items.length}` : 'a number')
    for (const item of items) flattened(item, inner, out, misfit)
  }
}
