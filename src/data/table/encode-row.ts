import { ArgumentError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import type { ColumnEncoder } from './column-encoder.ts'

/** A row of a table: the value of each column by name. Null, undefined values and NaN are missing values. */
export type TableRow = Readonly<Record<string, unknown>>

/** Makes the errors about cells. */
export interface CellErrors {
  /** Returns the error for a value that is not of its column's kind. */
  wrong(wanted: string, given: unknown, row: number, column: string): Error
  /** Returns the error for a missing value in a column that must not lack one. */
  missing(given: unknown, row: number, column: string): Error
}

/**
 * Encodes rows, one after another: `[rows, width]`.
 *
 * @param cellOf returns the cell of a row in a column, given the indices of both
 * @throws an error of `errors` when a value is missing or not of its column's kind.
 */
export function encodeCells(
  columns: readonly ColumnEncoder[],
  rows: number,
  cellOf: (row: number, column: number) => unknown,
  errors: CellErrors,
): Float32Array {
  const width = columns.reduce((sum, { features }) => sum + features.length, 0)
  const out = new Float32Array(rows * width)
  for (let row = 0, to = 0; row < rows; row++) {
    for (const [i, { name, wanted, features, parse, write }] of columns.entries()) {
      const given = cellOf(row, i)
      const value = parse(given)
      if (value === undefined) throw errors.wrong(wanted, given, row, name)
      if (!write(value, out, to)) throw errors.missing(given, row, name)
      if (!Number.isFinite(out[to])) throw errors.wrong('a number that float32 can hold', given, row, name)
      to += features.length
    }
  }
  return out
}

/**
 * Encodes rows that are objects.
 *
 * @throws {ArgumentError} naming a missing or wrong column.
 */
export function encodeRows(rows: readonly TableRow[], columns: readonly ColumnEncoder[]): Float32Array {
  const cellOf = (at: number, column: number): unknown => {
    const row = rows[at]!
    const { name } = columns[column]!
    if (Object(row) !== row) throw mismatch('table', `row ${at} as an object`, row, objects)
    if (!Object.hasOwn(row, name)) throw new ArgumentError(absent(at, name, Object.keys(row)))
    return row[name]
  }
  return encodeCells(columns, rows.length, cellOf, {
    wrong: (wanted, given, row, column) => wrong(wanted, row, column, given),
    missing: (_, row, column) => new ArgumentError(missing(row, column)),
  })
}

const missing = (row: number, column: string): string =>
  `table: wanted a value at row ${row}, column ${column}, got none; leave the row out, as in training`

const absent = (row: number, column: string, found: readonly string[]): string =>
  `table: wanted column ${column} at row ${row}, got columns ${found.join(', ')}; add it, as null if its value is missing`

const wrong = (wanted: string, row: number, column: string, found: unknown): ArgumentError =>
  mismatch(
    'table',
    `${wanted} at row ${row}, column ${column}`,
    found,
    'correct it, or give null if it is missing',
  )

const objects = 'give each row as an object of values by column'
