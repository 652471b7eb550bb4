import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { type CsvOptions, CsvReader, csvOptions } from '../formats/csv.ts'
import { tableSpec } from '../formats/table.ts'
import type { Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'

/**
 * Reads examples from a CSV file into memory. Values may be quoted; spaces around values are ignored.
 *
 * @throws {FormatError} when a value is missing or not a number, naming its line and column.
 * @throws {ArgumentError} when a column does not exist.
 * @example data.csv('iris.csv', { label: 'species' }).classNames // ['setosa', 'versicolor', 'virginica']
 */
export const csv = (path: string, given: CsvOptions): Dataset =>
  new CsvReader(basename(path), readOptions('csv', csvOptions, given)).dataset(pieces(path))

/**
 * Returns a stream that reads a CSV file of any size, keeping about 1 MB of the file in memory at a time.
 *
 * @throws {ArgumentError} when a column does not exist, or `label` is given without `classNames` or `classes`,
 *   which are unknown until the end of the file.
 * @throws {FormatError} during reading, as `csv`.
 */
export function csvStream(path: string, given: CsvOptions): Stream {
  const options = readOptions('csvStream', csvOptions, given)
  const name = basename(path)
  const { plan } = new CsvReader(name, options).start(pieces(path))
  return {
    ...tableSpec(name, plan, options),
    fingerprint: fileFingerprint(path, given),
    read: async function* () {
      const reader = new CsvReader(name, options)
      for await (const text of createReadStream(path, { encoding: 'utf8', highWaterMark: pieceSize })) {
        yield reader.push(text as string)
      }
      yield reader.end()
    },
  }
}

/** Number of bytes of a CSV file that are read at a time. */
const pieceSize = 1 << 20

/** Yields a file's text in pieces of `pieceSize` bytes. */
function* pieces(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const bytes = Buffer.allocUnsafe(pieceSize)
    for (;;) {
      const n = readSync(file, bytes, 0, pieceSize, null)
      if (n === 0) break
      yield decoder.write(bytes.subarray(0, n))
    }
    yield decoder.end()
  } finally {
    closeSync(file)
  }
}
