import { type Data, toData } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { malformed, unknownName } from '../core/mismatch.ts'
import { readOptions } from '../core/options.ts'
import { showShape, sizeOf } from '../core/shape.ts'
import { type FileKind, fileKind } from '../data/files/file-kind.ts'
import { readNpz } from '../data/files/numpy.ts'
import { piecesLater } from '../data/files/pieces.ts'
import { fileName } from '../data/files/read-file.ts'
import { parquetSource } from '../data/files/table.ts'
import { withDelimiter } from '../data/formats/delimiter.ts'
import { placesOf, type TensorSpecs, toRows } from '../data/record.ts'
import type { TableRow } from '../data/table/encode-row.ts'
import { CsvRawRows, namesOfColumns, type RawRow } from '../data/table/rows.ts'
import { mixedCsvOptions } from '../data/table/table-options.ts'
import { jsonLines } from './json-lines.ts'
import { ColumnsOfTensors } from './named-columns.ts'
import type { Encodings, PlaceOf } from './record-reader.ts'
import { inputOptions, type RawInputs, RowReader } from './row-reader.ts'
import type { About } from './run-graph.ts'

/** Some rows of a file as records of tensors by name. */
export interface Records {
  readonly records: readonly TableRow[]
  readonly placeOf: PlaceOf
}

type Pieces = AsyncIterable<Uint8Array>

/**
 * Yields the rows of a table or of JSON lines as records of named tensors, a few at a time.
 *
 * @param specs tensors to find in the columns of a table
 * @param pieces bytes of CSV, TSV or JSON lines
 * @throws {EvenstepError} when a column is missing or a value is not a number.
 */
export async function* recordsIn(
  file: { readonly name: string; readonly kind: FileKind; readonly pieces: Pieces },
  about: About,
  specs: TensorSpecs,
  encodings?: Encodings,
): AsyncGenerator<Records> {
  const { name, kind, pieces } = file
  if (kind === 'jsonl') {
    for await (const { rows, lines } of jsonLines(name, pieces))
      yield { records: rows as readonly TableRow[], placeOf: (i) => `line ${lines[i]}` }
    return
  }
  const tensors = new ColumnsOfTensors(specs, encodings)
  const options = inputOptions(about)
  for await (const { columns, rows } of csvRows(file, tensors.names)) {
    const records = tensors.records(name, { columns, rows, unit: 'line' }, options)
    yield { records, placeOf: (i) => `line ${rows[i]!.place}` }
  }
}

/** Yields the rows of a Parquet file as records of named tensors, a few at a time; see `recordsIn`. */
export async function* parquetRecords(
  path: string,
  about: About,
  specs: TensorSpecs,
  encodings?: Encodings,
): AsyncGenerator<Records> {
  const tensors = new ColumnsOfTensors(specs, encodings)
  const source = await parquetSource(path, (column) => !tensors.names.includes(column))
  const { name, columns, unit } = source
  for await (const rows of source.read()) {
    const records = tensors.records(name, { columns, rows, unit }, inputOptions(about))
    yield { records, placeOf: (i) => `${unit} ${rows[i]!.place}` }
  }
}

async function* csvRows(
  { name, kind, pieces }: { readonly name: string; readonly kind: FileKind; readonly pieces: Pieces },
  known: readonly string[],
): AsyncGenerator<{ readonly columns: readonly string[]; readonly rows: readonly RawRow[] }> {
  const options = { ...readOptions(name, mixedCsvOptions, withDelimiter(`.${kind}`, {})), target: [] }
  const reader = new CsvRawRows(name, options, known)
  let count = 0
  const found = (rows: readonly RawRow[]) => {
    count += rows.length
    return { columns: namesOfColumns(reader.columns), rows }
  }
  for await (const piece of pieces) {
    const rows = reader.push(piece)
    if (rows.length > 0) yield found(rows)
  }
  const last = reader.end()
  if (last.length > 0) yield found(last)
  if (count === 0) throw malformed(name, 'at least one row of values', 'none')
}

/** Returns the rows of a file as records of named tensors. @throws {ArgumentError} when it is no table or JSON lines. */
export function recordsOf(
  path: string,
  about: About,
  specs: TensorSpecs,
  encodings?: Encodings,
): AsyncGenerator<Records> {
  const kind = fileKind(path)
  if (kind === 'parquet') return parquetRecords(path, about, specs, encodings)
  if (kind === 'csv' || kind === 'tsv' || kind === 'jsonl')
    return recordsIn({ name: fileName(path), kind, pieces: piecesLater(path) }, about, specs, encodings)
  throw new ArgumentError(
    `--on: wanted a file of CSV, TSV, Parquet, JSON lines or NPZ for several inputs or targets, got ${path}; name it by its format, such as .jsonl`,
  )
}

/**
 * Returns the arrays of an NPZ file that are named after tensors.
 *
 * @throws {FormatError} when an array is missing, of another shape, or of another number of examples.
 */
export function npzTensors(
  path: string,
  specs: TensorSpecs,
): { readonly values: Readonly<Record<string, Data>>; readonly length: number } {
  const [arrays, name] = [readNpz(path), fileName(path)]
  const length = arrays[Object.keys(specs)[0]!]?.shape[0] ?? 0
  const found = placesOf(specs).map(({ name: tensor, spec, size }): [string, Data] => {
    const array = arrays[tensor]
    if (array === undefined) throw unknownName(name, Object.keys(arrays), tensor, 'an array that is ')
    const { shape, data } = array
    const [n, ...rest] = shape
    if (n !== length || sizeOf(rest) !== size) {
      const wanted = `array ${tensor} of shape ${showShape([length, ...spec.shape])}`
      throw malformed(name, wanted, showShape(shape))
    }
    return [tensor, toData('float64', data)]
  })
  return { values: Object.fromEntries(found), length }
}

/** Yields the inputs in rows that are records of several inputs by name. */
export async function* recordInputs(
  name: string,
  about: About,
  rows: AsyncIterable<Records>,
): AsyncGenerator<RawInputs> {
  const reader = new RowReader(name, about)
  for await (const { records, placeOf } of rows)
    yield { x: reader.read(records, placeOf), length: records.length }
}

/** Returns the inputs in an NPZ file that has an array for each of several inputs. */
export function npzRecords(path: string, about: About): RawInputs {
  const { shape, dtype, tensors } = about.x
  const { values, length } = npzTensors(path, tensors!)
  const spec = {
    shape,
    dtype: dtype === 'int32' ? ('int32' as const) : ('float64' as const),
    tensors: tensors!,
  }
  const rows = toRows(fileName(path), spec, length, (name) => values[name] as Float32Array)
  return { x: new RowReader(fileName(path), about).typed(rows), length }
}
