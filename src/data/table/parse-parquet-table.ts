import { bytesOf } from '../../core/bytes.ts'
import { readOptions } from '../../core/options.ts'
import { ParquetFile } from '../formats/parquet-file.ts'
import { asyncBuffer } from '../formats/parse-parquet.ts'
import { parquetRowSource } from './parquet-rows.ts'
import type { MixedTable } from './table.ts'
import { mixedOptions, type ParquetTableOptions } from './table-options.ts'
import { ignoredIn, wholeTable } from './whole-table.ts'

/**
 * Reads a table of mixed columns from the bytes of a Parquet file: see `data.table`.
 *
 * @param name file name to show in errors
 * @throws as `data.table`
 */
export async function parseParquetTable(
  file: Uint8Array,
  name: string,
  given: ParquetTableOptions,
): Promise<MixedTable> {
  const options = readOptions('parseParquetTable', mixedOptions, given)
  const ignored = ignoredIn(options.columns)
  const parquet = await ParquetFile.open(name, asyncBuffer(bytesOf('parseParquetTable', file)))
  const source = parquetRowSource(parquet, (column, isSingle) => ignored.has(column) && !isSingle)
  return wholeTable(source, options)
}
