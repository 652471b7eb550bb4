import { basename } from 'node:path'
import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { ParquetTable } from '../formats/parquet.ts'
import { type TableOptions, type TableValues, tableOptions } from '../formats/table.ts'
import { tableDataset, tableSpec } from '../formats/table-examples.ts'
import { gathered, type Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'

/**
 * Reads examples from a Parquet file into memory. Columns are numbers or booleans; a label may also be text.
 *
 * @throws {FormatError} when it is not a Parquet file, or naming the row and column of a value that is missing
 *   or not a number.
 * @throws {ArgumentError} when a column does not exist.
 * @example await data.parquet('iris.parquet', { label: 'species' })
 */
export async function parquet(path: string, given: TableOptions): Promise<Dataset> {
  const table = await open(path, readOptions('parquet', tableOptions, given))
  return tableDataset(basename(path), await gathered(table.read()), table)
}

/**
 * Streams examples from a Parquet file of any size: part of one of its row groups is in memory at a time, 16 MB
 * of examples or a sixteenth of the group.
 *
 * @throws {FormatError} and {ArgumentError} as `parquet`; also when a label has neither `classNames` nor
 *   `classes`, which are unknown before the end of the file.
 */
export async function parquetStream(path: string, given: TableOptions): Promise<Stream> {
  const options = readOptions('parquetStream', tableOptions, given)
  const table = await open(path, options)
  return {
    ...tableSpec(basename(path), table.plan, options),
    fingerprint: fileFingerprint(path, given),
    read: () => table.read(),
  }
}

async function open(path: string, options: TableValues): Promise<ParquetTable> {
  const { asyncBufferFromFile } = await import('hyparquet') // 80 ms: only those who need it wait
  return ParquetTable.open(basename(path), await asyncBufferFromFile(path), options)
}
