import { bytesOf } from '../../core/bytes.ts'
import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { type CollectOptions, readingOptions } from '../stream.ts'
import { ParquetTable } from './parquet.ts'
import { type TableOptions, tableOptions } from './table.ts'

/**
 * Reads examples from the bytes of a Parquet file: see `parquet`.
 *
 * @param name file name to show in errors
 * @throws as `parquet`
 */
export async function parseParquet(
  file: Uint8Array,
  name: string,
  given: TableOptions & CollectOptions,
): Promise<Dataset> {
  const { signal, ...options } = readOptions('parseParquet', { ...tableOptions, ...readingOptions }, given)
  signal?.throwIfAborted()
  const table = await ParquetTable.open(name, asyncBuffer(bytesOf('parseParquet', file)), options)
  return table.dataset(signal)
}

/** What the Parquet library reads from. */
interface Sliced {
  readonly byteLength: number
  slice(start: number, end?: number): ArrayBuffer
}

/** Returns bytes as what the Parquet library reads from. */
export const asyncBuffer = (bytes: Uint8Array): Sliced => ({
  byteLength: bytes.length,
  slice: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
})
