import { ArgumentError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import type { ColumnEncoder } from './column-encoder.ts'

/** A row of a table: the value of each column by name. Null, undefined values and NaN are missing values. */
export type TableRow = Readonly<Record<string, unknown>>

/** Encodes a row into `out` from index `to` on. @param i index of the row, for errors */
export function encodeRow(
  row: TableRow,
  i: number,
  columns: readonly ColumnEncoder[],
  out: Float32Array,
  to: number,
): void {
  if (Object(row) !== row) throw mismatch('table', `row ${i} as an object`, row, objects)
  let at = to
  for (const column of columns) {
    const { name, wanted } = column
    if (!Object.hasOwn(row, name)) throw new ArgumentError(absent(i, name, Object.keys(row)))
    const value = column.parse(row[name])
    if (value === undefined) throw wrong(wanted, i, name, row[name])
    if (!column.write(value, out, at)) throw new ArgumentError(missing(i, name))
    at += column.features.length
  }
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
