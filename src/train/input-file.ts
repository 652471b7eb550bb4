import { statSync } from 'node:fs'
import { joinData } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { malformed, unknownName } from '../core/mismatch.ts'
import { readOptions } from '../core/options.ts'
import { sameShape, showShape, sizeOf } from '../core/shape.ts'
import { type FileKind, fileKind } from '../data/files/file-kind.ts'
import { readIdx } from '../data/files/idx.ts'
import { type FolderImages, imagesIn } from '../data/files/image-folder.ts'
import { readNpy, readNpz } from '../data/files/numpy.ts'
import { parquetStream } from '../data/files/parquet.ts'
import { piecesLater } from '../data/files/pieces.ts'
import { fileName } from '../data/files/read-file.ts'
import { parquetSource } from '../data/files/table.ts'
import { CsvReader } from '../data/formats/csv.ts'
import { type CsvValues, csvOptions } from '../data/formats/csv-options.ts'
import { withDelimiter } from '../data/formats/delimiter.ts'
import type { NpyArray } from '../data/formats/npy.ts'
import { planTable, type TablePlan, tableOptions, widthOf } from '../data/formats/table.ts'
import { CsvRawRows, type RawRow } from '../data/table/rows.ts'
import { mixedCsvOptions } from '../data/table/table-options.ts'
import { trainedNames, unnamedFeatures } from './input-columns.ts'
import { jsonLines } from './json-lines.ts'
import { npzRecords, recordInputs, recordsIn, recordsOf } from './named-files.ts'
import { inputOptions, type RawInputs, RowReader } from './row-reader.ts'
import type { About } from './run-graph.ts'

type Pieces = AsyncIterable<Uint8Array>

/**
 * Yields the inputs in a file, in the file's order, a few at a time. Labels and targets in the file are not read.
 *
 * @param path a file of CSV, TSV, Parquet, JSON lines, NPZ, NPY or IDX, an image, or a folder of images; `-` for `stdin`
 * @param stdin returns the bytes of CSV, TSV or JSON lines for `-`
 * @throws {EvenstepError} when the file cannot be read, or does not suit the model that `about` describes.
 */
export async function* fileInputs(
  path: string,
  about: About,
  stdin: () => Pieces,
): AsyncGenerator<RawInputs> {
  if (path === '-') yield* piecewise('stdin', about, stdin())
  else if (isImage(path)) yield* images(path, about)
  else {
    const kind = fileKind(path)
    const isArray = kind === 'npz' || kind === 'npy' || kind === 'idx'
    const { encodings } = about.recipe ?? {}
    if (kind === 'parquet' && encodings)
      yield* recordInputs(fileName(path), about, recordsOf(path, about, about.x.tensors!, encodings))
    else if (kind === 'parquet') yield* parquetInputs(path, about)
    else if (about.recipe?.encoding && isArray)
      throw new ArgumentError(
        `predict: wanted the rows of a table, as CSV, TSV, Parquet or JSON lines, got an array in ${path}`,
      )
    else if (kind === 'npz' && about.x.tensors) yield npzRecords(path, about)
    else if (kind === 'npz') yield arrayInputs(fileName(path), npzInputs(path, about), about)
    else if (kind === 'npy') yield arrayInputs(fileName(path), readNpy(path), about)
    else if (kind === 'idx') yield idxInputs(path, about)
    else if (kind !== undefined) yield* piecewise(fileName(path), about, piecesLater(path), kind)
    else {
      const kinds = 'CSV, TSV, Parquet, JSON lines, NPZ, NPY or IDX, an image or a folder of images'
      throw new ArgumentError(
        `predict: wanted a file of ${kinds}, got ${path}; name it by its format, such as .csv`,
      )
    }
  }
}

const isImage = (path: string): boolean =>
  /\.(avif|gif|jfif|jpe|jpe?g|png|tiff?|webp)$/i.test(path) ||
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Yields the inputs in a text, which is CSV, TSV or JSON lines; without `kind`, its first line decides. */
async function* piecewise(
  name: string,
  about: About,
  pieces: Pieces,
  kind?: FileKind,
): AsyncGenerator<RawInputs> {
  const rows = pieces[Symbol.asyncIterator]()
  const first = await rows.next()
  const all = async function* (): Pieces {
    try {
      if (!first.done) yield first.value
      for (let next = await rows.next(); !next.done; next = await rows.next()) yield next.value
    } finally {
      await rows.return?.()
    }
  }
  const start = first.done ? '' : new TextDecoder().decode(first.value.subarray(0, 4096))
  const guessed = /^\s*[[{]/.test(start) ? 'jsonl' : /^[^\r\n,;]*\t/.test(start) ? 'tsv' : 'csv'
  const format = kind ?? guessed
  const { encoding, encodings } = about.recipe ?? {}
  const read = encoding ? mixedInputs : csvInputs
  const isCsv = format === 'csv' || format === 'tsv'
  if (isCsv && encodings) {
    const file = { name, kind: format, pieces: all() }
    yield* recordInputs(name, about, recordsIn(file, about, about.x.tensors!, encodings))
  } else yield* isCsv ? read(name, about, all(), format) : jsonInputs(name, about, all())
}

/** Yields the encoded rows of a CSV file that `data.table` would read. */
async function* mixedInputs(
  name: string,
  about: About,
  pieces: Pieces,
  kind: FileKind,
): AsyncGenerator<RawInputs> {
  const before = withDelimiter(`.${kind}`, about.recipe!.table ?? {})
  const options = { ...readOptions(name, mixedCsvOptions, before), label: undefined, target: [] }
  const reader = new RowReader(name, about)
  const all = about.recipe!.encoding!.columns.map((column) => column.name)
  const rows = new CsvRawRows(name, options, Array.isArray(options.header) ? all : reader.names)
  let count = 0
  const encoded = (found: readonly RawRow[]): RawInputs => {
    count += found.length
    const columns = found.length > 0 ? trainedNames(name, rows.columns, about) : []
    const x = found.length > 0 ? reader.readCells(columns, found, 'line') : new Float32Array(0)
    return { x, length: found.length }
  }
  for await (const piece of pieces) yield encoded(rows.push(piece))
  yield encoded(rows.end())
  if (count === 0) throw malformed(name, 'at least one row of values', 'none')
}

async function* csvInputs(
  name: string,
  about: About,
  pieces: Pieces,
  kind: FileKind,
): AsyncGenerator<RawInputs> {
  const before = withDelimiter(`.${kind}`, about.recipe?.table ?? {})
  const options = { ...readOptions(name, csvOptions, before), ...inputOptions(about) }
  const [reader, typed] = [new CsvReader(name, options, planOf(about)), new RowReader(name, about)]
  let count = 0
  const counted = ({ x, length }: RawInputs): RawInputs => {
    count += length
    return { x: about.x.dtype === 'int32' ? typed.typed(x, count - length) : x, length }
  }
  for await (const piece of pieces) yield counted(reader.push(piece))
  yield counted(reader.end())
  if (count === 0) throw malformed(name, 'at least one row of values', 'none')
}

/** Returns a function that finds the columns of the features in a CSV file, whose columns may have no names. */
const planOf =
  (about: About) =>
  (name: string, columns: readonly string[] | number, options: CsvValues): TablePlan => {
    const hasNames = about.featureNames !== undefined || about.x.tensors !== undefined
    const isUnnamed = !hasNames || typeof columns === 'number'
    const features = isUnnamed ? unnamedFeatures(name, widthOf(columns), about) : options.features
    return planTable(name, columns, { ...options, features })
  }

async function* jsonInputs(name: string, about: About, pieces: Pieces): AsyncGenerator<RawInputs> {
  const reader = new RowReader(name, about)
  for await (const { rows, lines } of jsonLines(name, pieces))
    yield { x: reader.read(rows, (i) => `line ${lines[i]}`), length: rows.length }
}

async function* parquetInputs(path: string, about: About): AsyncGenerator<RawInputs> {
  const { table, encoding } = about.recipe ?? {}
  if (encoding !== undefined) {
    const used = new Set(encoding.columns.flatMap(({ name, kind }) => (kind === 'ignore' ? [] : [name])))
    const source = await parquetSource(path, (column) => !used.has(column))
    const reader = new RowReader(source.name, about)
    for await (const rows of source.read())
      yield { x: reader.readCells(source.columns, rows, source.unit), length: rows.length }
    return
  }
  const { features, ...options } = inputOptions(about)
  // A column of lists has a feature for each element, `name[0]` and so on, if the file had such a column.
  const { features: read } = (table ?? {}) as { readonly features?: readonly string[] }
  const columns =
    read ?? (features && [...new Set(features.map((one) => String(one).replace(/\[\d+\]$/, '')))])
  const known = Object.entries({ ...options, features: columns }).filter(
    ([name, value]) => name in tableOptions && value !== undefined,
  )
  const [reader, stream] = [
    new RowReader(fileName(path), about),
    await parquetStream(path, Object.fromEntries(known) as never),
  ]
  let count = 0
  for await (const { x, length } of stream.read(0) as AsyncIterable<RawInputs>) {
    yield { x: about.x.dtype === 'int32' ? reader.typed(x, count) : x, length }
    count += length
  }
}

/** Returns the array of inputs in an NPZ file: `x` or, without one of that name, the only one of a fitting shape. */
function npzInputs(path: string, { x }: About): NpyArray {
  const arrays = readNpz(path)
  const fitting = Object.values(arrays).filter(({ shape: [, ...rest] }) => sameShape(rest, x.shape))
  const found = arrays.x ?? (fitting.length === 1 ? fitting[0] : undefined)
  if (found === undefined)
    throw unknownName(fileName(path), Object.keys(arrays), 'x', 'the inputs as array x, not ')
  return found
}

function idxInputs(path: string, about: About): RawInputs {
  const { shape, data } = readIdx(path)
  return arrayInputs(fileName(path), { shape, data: Float32Array.from(data, (byte) => byte / 255) }, about)
}

function arrayInputs(name: string, { shape, data }: NpyArray, about: About): RawInputs {
  const [length = 0, ...rest] = shape
  if (shape.length === 0 || sizeOf(rest) !== sizeOf(about.x.shape)) {
    const wanted = `an array of inputs, ${showShape(['n', ...about.x.shape] as never)}`
    throw malformed(name, wanted, showShape(shape))
  }
  return { x: new RowReader(name, about).read(data as never), length }
}

/** Number of images that are yielded together. */
const imagesAtOnce = 32

async function* images(path: string, { recipe }: About): AsyncGenerator<RawInputs> {
  if (recipe?.images === undefined)
    throw new ArgumentError(
      `predict: wanted data of the kind that the run read, got images in ${path}; train with data.imageFolder first`,
    )
  let held: FolderImages[] = []
  const taken = (): RawInputs => ({
    x: joinData(held.map(({ x }) => x)),
    length: held.length,
    files: held.map(({ file }) => file),
  })
  for await (const image of imagesIn(path, recipe.images)) {
    if (held.push(image) < imagesAtOnce) continue
    yield taken()
    held = []
  }
  if (held.length > 0) yield taken()
}
