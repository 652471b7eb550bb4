import { bytesOf } from '../../core/bytes.ts'
import { readOptions } from '../../core/options.ts'
import { unzip } from '../formats/gzip.ts'
import { TableBuilder } from './builder.ts'
import { CsvRawRows, namesOfColumns, type RawRow } from './rows.ts'
import type { MixedTable } from './table.ts'
import { type MixedCsvValues, type MixedTableOptions, mixedCsvOptions } from './table-options.ts'

/**
 * Parses a table from CSV text, or from the bytes of a CSV file, gzipped or not: see `data.table`.
 *
 * @param name file name to show in errors
 */
export function parseTable(text: string | Uint8Array, name: string, given: MixedTableOptions): MixedTable {
  if (typeof text !== 'string') bytesOf('parseTable', text)
  const whole = typeof text === 'string' ? text : unzip(text, name)
  return csvTable(name, [whole], readOptions('parseTable', mixedCsvOptions, given))
}

/** Returns the table of a CSV file, given in pieces of bytes or of text. */
export function csvTable(
  name: string,
  pieces: Iterable<string | Uint8Array>,
  options: MixedCsvValues,
): MixedTable {
  const rows = new CsvRawRows(name, options)
  let builder: TableBuilder | undefined
  const add = (found: readonly RawRow[]): void => {
    if (found.length > 0) builder ??= new TableBuilder(name, namesOfColumns(rows.columns), options, 'line')
    for (const row of found) builder!.add(row)
  }
  for (const piece of pieces) add(rows.push(piece))
  add(rows.end())
  builder ??= new TableBuilder(name, namesOfColumns(rows.columns), options, 'line')
  return builder.table()
}
