import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { type CsvOptions, CsvReader, csvDataset, csvOptions } from '../formats/csv.ts'
import { tableSpec } from '../formats/table-examples.ts'
import type { Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'

/**
 * Reads examples from a CSV file into memory. Values may be quoted; spaces around them do not count.
 *
 * @throws {FormatError} naming the line and column of a value that is missing or not a number.
 * @throws {ArgumentError} when a column does not exist.
 * @example data.csv('iris.csv', { label: 'species' }).classNames // ['setosa', 'versicolor', 'virginica']
 */
export const csv = (path: string, given: CsvOptions): Dataset =>
  csvDataset(pieces(path), basename(path), readOptions('csv', csvOptions, given))

/**
 * Streams examples from a CSV file of any size: about a megabyte of it is in memory at a time.
 *
 * @throws {ArgumentError} when a column does not exist, or a label has neither `classNames` nor `classes`,
 *   which are unknown before the end of the file. While it is read: as `csv`.
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
        reader.rows.push(text as string)
        yield reader.take()
      }
      reader.rows.end()
      yield reader.take()
    },
  }
}

/** Bytes that are read at a time. */
const pieceSize = 1 << 20

/** Yields a file's text in pieces. */
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
