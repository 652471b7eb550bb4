import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { checkKnown } from '../../core/mismatch.ts'
import type { Dataset } from '../dataset.ts'
import { type CsvOptions, CsvReader, csvNames, fromPieces } from '../formats/csv.ts'
import { tableSpec } from '../formats/table-examples.ts'
import type { Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'

/**
 * Examples from a CSV file, all in memory. Values may be quoted; spaces around them do not count.
 *
 * @throws {FormatError} naming the line and the column of what is missing, or no number.
 * @throws {ArgumentError} when a column is not there, or an option is unknown.
 * @example data.csv('iris.csv', { label: 'species' }) // classNames ['setosa', 'versicolor', 'virginica']
 */
export function csv(path: string, options: CsvOptions): Dataset {
  checkKnown('csv', options, csvNames)
  return fromPieces(pieces(path), basename(path), options)
}

/**
 * Examples from a CSV file of any size: about a megabyte of it is in memory at a time.
 *
 * @throws {ArgumentError} when a column is not there, or it has a label without `classNames` or `classes`, which
 *   cannot be known before the end of the file. While it is read: as `csv`.
 */
export function csvStream(path: string, options: CsvOptions): Stream {
  checkKnown('csvStream', options, csvNames)
  const name = basename(path)
  const { plan } = new CsvReader(name, options).start(pieces(path))
  return {
    ...tableSpec(name, plan, options),
    fingerprint: fileFingerprint(path, options),
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

const pieceSize = 1 << 20

/** A file's text, some at a time. */
function* pieces(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const bytes = Buffer.allocUnsafe(pieceSize)
    for (
      let n = readSync(file, bytes, 0, pieceSize, null);
      n > 0;
      n = readSync(file, bytes, 0, pieceSize, null)
    )
      yield decoder.write(bytes.subarray(0, n))
    yield decoder.end()
  } finally {
    closeSync(file)
  }
}
