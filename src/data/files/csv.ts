import { readOptions } from '../../core/options.ts'
import type { Dataset } from '../dataset.ts'
import { CsvReader } from '../formats/csv.ts'
import { type CsvOptions, csvOptions } from '../formats/csv-options.ts'
import { withDelimiter } from '../formats/delimiter.ts'
import { tableSpec } from '../formats/table.ts'
import { tableRecipe, withRecipe } from '../recipe.ts'
import type { Stream } from '../stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'
import { firstPieces, pieces, piecesLater } from './pieces.ts'
import { fileName } from './read-file.ts'

/**
 * Reads examples into memory from a CSV file in UTF-8, UTF-16 or another `encoding`, gzipped or not. Values may
 * be quoted; blanks around values are ignored. docs/data.md states how each kind of value is read.
 *
 * @throws {FormatError} when a value is missing or not a number, naming its line and column, or when the file
 *   is not text in its encoding, naming the line of the first invalid byte.
 * @throws {ArgumentError} when a column does not exist.
 * @example data.csv('iris.csv', { label: 'species' }).classNames // ['setosa', 'versicolor', 'virginica']
 */
export function csv(path: string, given: CsvOptions): Dataset {
  const options = readOptions('csv', csvOptions, withDelimiter(path, given))
  const reader = new CsvReader(fileName(path), options)
  const { bytes, length } = pieces(path)
  return withRecipe(reader.dataset(bytes, length), tableRecipe(path, options, reader.unnamed))
}

/**
 * Returns a stream that reads a CSV file of any size, keeping about 1 MB of the file in memory at a time.
 *
 * @throws {ArgumentError} when a column does not exist, or `label` is given without `classNames` or `classes`,
 *   which are unknown until the end of the file.
 * @throws {FormatError} during reading, as `csv`.
 */
export function csvStream(path: string, given: CsvOptions): Stream {
  const options = readOptions('csvStream', csvOptions, withDelimiter(path, given))
  const name = fileName(path)
  const { plan, unnamed } = new CsvReader(name, options).start(firstPieces(path))
  const stream: Stream = {
    ...tableSpec(name, plan, options),
    fingerprint: fileFingerprint(path, given),
    read: async function* () {
      const reader = new CsvReader(name, options)
      for await (const piece of piecesLater(path)) yield reader.push(piece)
      yield reader.end()
    },
  }
  return withRecipe(stream, tableRecipe(path, options, unnamed))
}
