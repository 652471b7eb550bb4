import { basename } from 'node:path'
import { checkKnown } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import type { Dataset } from '../dataset.ts'
import { ParquetTable } from '../formats/parquet.ts'
import { type TableOptions, tableNames } from '../formats/table.ts'
import { tableDataset, tableSpec } from '../formats/table-examples.ts'
import type { Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'

/**
 * Examples from a Parquet file, all in memory. Columns are numbers or booleans; a label may be text as well.
 *
 * @throws {FormatError} when it is no Parquet file, or naming the row and the column of what is missing, or no number.
 * @throws {ArgumentError} when a column is not there, or an option is unknown.
 * @example await data.parquet('iris.parquet', { label: 'species' })
 */
export async function parquet(path: string, options: TableOptions): Promise<Dataset> {
  checkKnown('parquet', options, tableNames)
  const file = await open(path, options)
  const parts: Batch[] = []
  for await (const part of file.read()) parts.push(part)
  return tableDataset(basename(path), parts, () => file.plan, file.cells)
}

/**
 * Examples from a Parquet file of any size: part of one of its row groups is in memory at a time, 16 MB of examples or
 * a sixteenth of the group.
 *
 * @throws {FormatError} and {ArgumentError} as `parquet`; and when there is a label without `classNames` or
 *   `classes`, which cannot be known before the end of the file.
 */
export async function parquetStream(path: string, options: TableOptions): Promise<Stream> {
  checkKnown('parquetStream', options, tableNames)
  const file = await open(path, options)
  return {
    ...tableSpec(basename(path), file.plan, options),
    fingerprint: fileFingerprint(path, options),
    read: () => file.read(),
  }
}

async function open(path: string, options: TableOptions): Promise<ParquetTable> {
  const { asyncBufferFromFile } = await import('hyparquet') // 80 ms: only who needs it waits
  return ParquetTable.open(basename(path), await asyncBufferFromFile(path), options)
}
