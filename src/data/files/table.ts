import { readOptions } from '../../core/options.ts'
import { type CollectOptions, readingOptions } from '../stream.ts'
import { csvTable } from '../table/parse-table.ts'
import type { Table } from '../table/table.ts'
import { type MixedTableOptions, mixedCsvOptions } from '../table/table-options.ts'
import { pieces } from './pieces.ts'
import { fileName } from './read-file.ts'

/**
 * Reads a table with columns of any kind, numbers, categories, dates or texts, from a CSV or Parquet file. The kinds of
 * columns that the option `columns` leaves out are guessed; `summary()` of the table tells the guess.
 *
 * @throws {FormatError} when a value is not of its column's kind, or a label or target is missing, naming its place.
 * @throws {ArgumentError} when a column does not exist.
 * @throws the reason of `signal`, once it is aborted.
 * @example data.split(await data.table('customers.csv', { label: 'churned' }), { validation: 0.2 })
 */
export async function table(path: string, given: MixedTableOptions & CollectOptions): Promise<Table> {
  const { signal, ...options } = readOptions('table', { ...mixedCsvOptions, ...readingOptions }, given)
  signal?.throwIfAborted()
  return csvTable(fileName(path), pieces(path).bytes, options)
}
