import { ArgumentError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { CellParser } from './cells.ts'
import { type ColumnEncoder, columnEncoder } from './column-encoder.ts'
import type { TableEncoding } from './encoding.ts'
import { checkEncoding } from './encoding-check.ts'

export type { ColumnEncoding, ColumnKind, NumberEncoding, TableEncoding } from './encoding.ts'

/** A row of a table: the value of each column by name. Null, undefined values and NaN are missing values. */
export type TableRow = Readonly<Record<string, unknown>>

/** Encodes rows of a table as the input of a model. */
export interface TableEncoder {
  /** Number of numbers in an encoded row. */
  readonly width: number
  /** Names of the numbers in an encoded row. */
  readonly featureNames: readonly string[]
  /** Number of categories of each number that is the code of a category, and 0 for other numbers. */
  readonly categories: readonly number[]
  /** Encoders of the columns, in the order of the encoded row. */
  readonly columns: readonly ColumnEncoder[]
  /** Encodes rows, one after another: `[rows, width]`. @throws {ArgumentError} naming a missing or wrong column. */
  encode(rows: readonly TableRow[]): Float32Array
}

/**
 * Returns the encoder of a table's rows.
 *
 * @param json the contents of `table.json`, or of the ONNX metadata `evenstep.table`
 * @throws {ArgumentError} when that is not the encoding of a table.
 */
export function encoder(json: TableEncoding): TableEncoder {
  checkEncoding(json)
  const cells = new CellParser(json)
  const columns = json.columns
    .map((column) => columnEncoder(column, cells))
    .filter((c) => c.features.length > 0)
  const featureNames = columns.flatMap(({ features }) => features)
  const width = featureNames.length
  const categories = columns.flatMap((c) => c.features.map(() => c.categories))
  const encode = (rows: readonly TableRow[]): Float32Array => {
    if (!Array.isArray(rows)) throw mismatch('table', 'rows as a list of objects', rows)
    const out = new Float32Array(rows.length * width)
    for (const [i, row] of rows.entries()) encodeRow(row, i, columns, out, i * width)
    return out
  }
  return { width, featureNames, categories, columns, encode }
}

function encodeRow(
  row: TableRow,
  i: number,
  columns: readonly ColumnEncoder[],
  out: Float32Array,
  to: number,
): void {
  if (Object(row) !== row) throw mismatch('table', `row ${i} as an object`, row)
  let at = to
  for (const column of columns) {
    const { name, wanted } = column
    if (!(name in row)) throw new ArgumentError(absent(i, name, Object.keys(row)))
    const value = column.parse(row[name])
    if (value === undefined) throw mismatch('table', `${wanted} at row ${i}, column ${name}`, row[name])
    if (!column.write(value, out, at)) throw new ArgumentError(missing(i, name))
    at += column.features.length
  }
}

const missing = (row: number, column: string): string =>
  `table: wanted a value at row ${row}, column ${column}, got none; rows without one were left out of training`

const absent = (row: number, column: string, found: readonly string[]): string =>
  `table: wanted column ${column} at row ${row}, got columns ${found.join(', ')}`
