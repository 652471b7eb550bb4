import { mismatch } from '../../core/mismatch.ts'
import { CellParser } from './cells.ts'
import { type ColumnEncoder, columnEncoder } from './column-encoder.ts'
import { encodeRows, type TableRow } from './encode-row.ts'
import type { TableEncoding } from './encoding.ts'
import { checkEncoding } from './encoding-check.ts'

export type { TableRow } from './encode-row.ts'
export type { ColumnEncoding, ColumnKind, NumberEncoding, TableEncoding } from './encoding.ts'

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
 * @throws {ArgumentError} when that is not the encoding of a table, or all of its columns are ignored.
 */
export function encoder(json: TableEncoding): TableEncoder {
  checkEncoding(json)
  const cells = new CellParser(json)
  const columns = json.columns
    .map((column) => columnEncoder(column, cells))
    .filter((c) => c.features.length > 0)
  const featureNames = columns.flatMap(({ features }) => features)
  const width = featureNames.length
  if (width === 0) {
    const fix = "keep one, as in columns: { NAME: 'category' }"
    throw mismatch('table', 'a column that is not ignored, apart from what is predicted', undefined, fix)
  }
  const categories = columns.flatMap((c) => c.features.map(() => c.categories))
  const encode = (rows: readonly TableRow[]): Float32Array => {
    if (!Array.isArray(rows)) throw mismatch('table', 'rows as a list of objects', rows)
    return encodeRows(rows, columns)
  }
  return { width, featureNames, categories, columns, encode }
}
