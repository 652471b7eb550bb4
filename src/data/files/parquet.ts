import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { ParquetTable } from '../formats/parquet.ts'
import { type TableOptions, type TableValues, tableOptions, tableSpec } from '../formats/table.ts'
import { tableRecipe, withRecipe } from '../recipe.ts'
import { type CollectOptions, readingOptions, type Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'
import { explained, fileName } from './read-file.ts'

/**
 * Reads examples from a Parquet file into memory. Columns must hold numbers or booleans, or lists of equal
 * length, whose elements become separate features or targets; the label column may also hold text. Null and
 * NaN count as missing.
 * @throws {FormatError} when the file is not a Parquet file, or a value is missing or not a number, naming its
 *   row and column.
 * @throws {ArgumentError} when a column does not exist.
 * @throws the reason of `signal`, once it is aborted.
 * @example await data.parquet('iris.parquet', { label: 'species' })
 */
export async function parquet(path: string, given: TableOptions & CollectOptions): Promise<Dataset> {
  const { signal, ...options } = readOptions('parquet', { ...tableOptions, ...readingOptions }, given)
  signal?.throwIfAborted()
  const table = await open(path, options)
  return withRecipe(await table.dataset(signal), tableRecipe(path, options))
}

/**
 * Returns a stream that reads a Parquet file of any size, keeping in memory 16 MB of examples or 1/16 of a row
 * group at a time, whichever is more.
 *
 * @throws {FormatError} as `parquet`.
 * @throws {ArgumentError} as `parquet`, and when `label` is given without `classNames` or `classes`, which are
 *   unknown until the end of the file.
 */
export async function parquetStream(path: string, given: TableOptions): Promise<Stream> {
  const options = readOptions('parquetStream', tableOptions, given)
  const table = await open(path, options)
  const stream: Stream = {
    ...tableSpec(fileName(path), table.plan, options),
    fingerprint: fileFingerprint(path, given),
    read: () => table.read(),
  }
  return withRecipe(stream, tableRecipe(path, options))
}

async function open(path: string, options: TableValues): Promise<ParquetTable> {
  const { asyncBufferFromFile } = await import('hyparquet') // on demand, since it takes 80 ms
  const buffer = await asyncBufferFromFile(path).catch((cause: unknown) => {
    throw explained(path, cause)
  })
  return ParquetTable.open(fileName(path), buffer, options)
}
