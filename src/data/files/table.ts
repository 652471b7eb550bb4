import { untilAborted } from '../../core/abort.ts'
import { columnAbsent } from '../../core/mismatch.ts'
import { custom, type Declared, type OptionsOf, readOptions } from '../../core/options.ts'
import { withDelimiter } from '../formats/delimiter.ts'
import { ParquetFile } from '../formats/parquet-file.ts'
import { type CollectOptions, readingOptions, type Source, type Stream } from '../stream.ts'
import { rolesOf } from '../table/builder.ts'
import type { ColumnEncoding, ColumnKind, TableEncoding } from '../table/encoding.ts'
import type { ColumnKinds, ColumnOptions } from '../table/kinds.ts'
import { parquetRowSource } from '../table/parquet-rows.ts'
import { CsvRawRows, type IsSkipped, namesOfColumns, type RowSource } from '../table/rows.ts'
import type { MixedTable } from '../table/table.ts'
import {
  type MixedCsvValues,
  type MixedTableOptions,
  mixedCsvOptions,
  mixedOptions,
} from '../table/table-options.ts'
import { encodedStream, learnTable, learntFrom } from '../table/table-stream.ts'
import { ignoredIn, wholeTable } from '../table/whole-table.ts'
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
  const { signal, ...options } = readOptions('table', optionsFor(path, readingOptions), told(path, given))
  signal?.throwIfAborted()
  const ignored = ignoredIn(options.columns)
  const source = await rowsOf(path, options, (column, isSingle) => ignored.has(column) && !isSingle)
  return wholeTable({ ...source, read: () => untilAborted(signal, source.read()) }, options)
}

/**
 * Reads a table whose columns are of the kinds of an encoding, unless the option `columns` tells others; columns that
 * the encoding does not use are ignored.
 *
 * @throws as `table`
 */
export async function tableLike(
  path: string,
  encoding: TableEncoding,
  given: MixedTableOptions,
): Promise<MixedTable> {
  const options = readOptions('table', optionsFor(path, {}), told(path, given))
  const used = encoding.columns.filter(({ kind }) => kind !== 'ignore')
  const known: ColumnKinds = { ...Object.fromEntries(used.map(kindOf)), ...options.columns }
  const { name, columns } = await rowsOf(path, { ...options, columns: known }, () => true)
  const [needed, found] = [new Set(used.map((column) => column.name)), new Set(columns)]
  const lacking = used.find((column) => !found.has(column.name))
  if (lacking !== undefined) throw columnAbsent(name, lacking.name, columns, [...needed])
  const { features } = rolesOf(name, columns, options)
  const others = features.map((at) => columns[at]!).filter((column) => !Object.hasOwn(known, column))
  const kinds = { ...known, ...Object.fromEntries(others.map((column) => [column, 'ignore' as const])) }
  const ignored = ignoredIn(kinds)
  const all = { ...options, columns: kinds }
  const isSkipped: IsSkipped = (column) => ignored.has(column) && !needed.has(column)
  return wholeTable(await rowsOf(path, all, isSkipped), all)
}

/** Returns the name and the kind of an encoding's column, as the option `columns` tells it. */
function kindOf(column: ColumnEncoding): readonly [string, ColumnKind | ColumnOptions] {
  const { name, kind } = column
  if (kind === 'ordinal') return [name, { kind, order: column.order }]
  if (kind === 'date') return [name, { kind, format: column.format }]
  return [name, kind]
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
  const { signal, encodedAs, ...options } = readOptions('tableStream', declared, told(path, given))
  const ignored = ignoredIn(options.columns)
  const source = await rowsOf(path, options, (name) => ignored.has(name))
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

const told = (path: string, given: unknown): unknown => (isParquet(path) ? given : withDelimiter(path, given))

const rowsOf = async (path: string, options: MixedCsvValues, isSkipped: IsSkipped): Promise<RowSource> =>
  isParquet(path) ? parquetSource(path, isSkipped) : csvSource(path, options)

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

/**
 * Returns the rows of a Parquet file as they are in the file.
 *
 * @param isSkipped whether a column, which holds single values or lists, is not decoded; its cells are null
 */
export async function parquetSource(path: string, isSkipped: IsSkipped): Promise<RowSource> {
  const { asyncBufferFromFile } = await import('hyparquet') // on demand, since it takes 80 ms
  const buffer = await asyncBufferFromFile(path).catch((cause: unknown) => {
    throw explained(path, cause)
  })
  return parquetRowSource(await ParquetFile.open(fileName(path), buffer), isSkipped)
}
