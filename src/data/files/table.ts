import { untilAborted } from '../../core/abort.ts'
import { custom, type Declared, type OptionsOf, readOptions } from '../../core/options.ts'
import { ParquetFile } from '../formats/parquet-file.ts'
import { type CollectOptions, readingOptions, type Source, type Stream } from '../stream.ts'
import { TableBuilder } from '../table/builder.ts'
import type { TableEncoding } from '../table/encoding.ts'
import { parquetRows } from '../table/parquet-rows.ts'
import { CsvRawRows, namesOfColumns, type RawRow, type RowSource } from '../table/rows.ts'
import type { MixedTable } from '../table/table.ts'
import {
  type MixedCsvValues,
  type MixedTableOptions,
  mixedCsvOptions,
  mixedOptions,
} from '../table/table-options.ts'
import { encodedStream, learnTable, learntFrom } from '../table/table-stream.ts'
import { fileFingerprint } from './file-fingerprint.ts'
import { fileKind } from './file-kind.ts'
import { firstPieces, piecesLater } from './pieces.ts'
import { explained, fileName } from './read-file.ts'

/**
 * Reads a table with columns of any kind, numbers, categories, dates or texts, from a CSV or Parquet file. The kinds of
 * columns that the option `columns` leaves out are guessed; `summary()` of the table states the guess.
 *
 * @throws {FormatError} when a value is not of its column's kind, or a label or target is missing, naming its place.
 * @throws {ArgumentError} when a column does not exist.
 * @throws the reason of `signal`, once it is aborted.
 * @example data.split(await data.table('customers.csv', { label: 'churned' }), { validation: 0.2 })
 */
export async function table(path: string, given: MixedTableOptions & CollectOptions): Promise<MixedTable> {
  const { signal, ...options } = readOptions('table', optionsFor(path, readingOptions), withTabs(path, given))
  signal?.throwIfAborted()
  const { name, columns, unit, read } = await rowsOf(path, options)
  const builder = new TableBuilder(name, columns, options, unit)
  for await (const rows of untilAborted(signal, read())) for (const row of rows) builder.add(row)
  return builder.table()
}

const streamOptions = {
  /**
   * Encoding of the rows, or data whose rows have it, such as the stream of the training part; the classes are then
   * also theirs. @default learnt from the file in a first pass
   */
  encodedAs: custom<TableEncoding | Source>(
    'an encoding, or data with one',
    (value) => Object(value) === value && ('columns' in (value as object) || 'x' in (value as object)),
  ),
}

/** Options of `data.tableStream`. */
export interface TableStreamOptions
  extends MixedTableOptions,
    CollectOptions,
    OptionsOf<typeof streamOptions> {}

/**
 * Returns a stream of the encoded rows of a CSV or Parquet file of any size. A first pass learns the encoding from all
 * rows, unless it is given. Means, deviations and counts of categories are exact; a median is that of at most 10,000
 * values, drawn at random from more; kinds are guessed from the first 10,000 rows.
 *
 * @throws {FormatError} as `data.table`, now or during reading.
 * @throws {ArgumentError} when a column does not exist.
 * @throws the reason of `signal`, once it is aborted.
 * @example await data.tableStream('customers.csv', { label: 'churned' })
 */
export async function tableStream(path: string, given: TableStreamOptions): Promise<Stream> {
  const declared = optionsFor(path, { ...readingOptions, ...streamOptions })
  const { signal, encodedAs, ...options } = readOptions('tableStream', declared, withTabs(path, given))
  const source = await rowsOf(path, options)
  const aborting: RowSource = { ...source, read: () => untilAborted(signal, source.read()) }
  const learnt =
    encodedAs === undefined ? await learnTable(aborting, options) : learntFrom(encodedAs, options)
  return encodedStream(source, learnt, options, fileFingerprint(path, [options, learnt]))
}

const isParquet = (path: string): boolean => fileKind(path) === 'parquet'

/** Returns the options of a table, with those of CSV unless the file is a Parquet file, and with `more`. */
function optionsFor<M extends Declared>(path: string, more: M): typeof mixedCsvOptions & M {
  fileName(path)
  return { ...(isParquet(path) ? (mixedOptions as typeof mixedCsvOptions) : mixedCsvOptions), ...more }
}

/** Returns the options, with tab as the delimiter if `path` ends in `.tsv` or `.tsv.gz` and none is given. */
function withTabs(path: string, given: unknown): unknown {
  return fileKind(path) === 'tsv' && Object(given) === given
    ? { delimiter: '\t', ...(given as object) }
    : given
}

const rowsOf = async (path: string, options: MixedCsvValues): Promise<RowSource> =>
  isParquet(path) ? parquetSource(path, options) : csvSource(path, options)

function csvSource(path: string, options: MixedCsvValues): RowSource {
  const name = fileName(path)
  const first = new CsvRawRows(name, options)
  for (const piece of firstPieces(path)) if (first.push(piece).length > 0) break
  if (!first.isStarted) first.end()
  return {
    name,
    unit: 'line',
    columns: namesOfColumns(first.columns),
    async *read() {
      const rows = new CsvRawRows(name, options)
      for await (const piece of piecesLater(path)) yield rows.push(piece)
      yield rows.end()
    },
  }
}

/** Returns the rows of a Parquet file as they are in the file. */
export async function parquetSource(
  path: string,
  { columns = {} }: Pick<MixedCsvValues, 'columns'>,
): Promise<RowSource> {
  const { asyncBufferFromFile } = await import('hyparquet') // on demand, since it takes 80 ms
  const buffer = await asyncBufferFromFile(path).catch((cause: unknown) => {
    throw explained(path, cause)
  })
  const file = await ParquetFile.open(fileName(path), buffer)
  const ignored = new Set(
    Object.entries(columns).flatMap(([name, told]) =>
      told === 'ignore' || Object(told).kind === 'ignore' ? [name] : [],
    ),
  )
  return {
    name: fileName(path),
    unit: 'row',
    columns: file.columns.map(({ name }) => name),
    read: (): AsyncGenerator<readonly RawRow[]> => parquetRows(file, ignored),
  }
}
