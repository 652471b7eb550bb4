import { ArgumentError } from '../../core/errors.ts'
import type { Batch } from '../batch.ts'
import { type Names, namesOf } from '../dataset.ts'
import type { TablePlan } from '../formats/table.ts'
import { recipeOf, tableRecipe, withRecipe } from '../recipe.ts'
import type { Source, Stream } from '../stream.ts'
import { formatOf, rolesOf, TableBuilder } from './builder.ts'
import { TextStore } from './column-store.ts'
import { encoder, type TableEncoder } from './encoder.ts'
import type { TableEncoding } from './encoding.ts'
import { classReader, labelsOf } from './labels.ts'
import { type Learner, learnerOf } from './learn.ts'
import { type ParsedRow, RowParser } from './row-parser.ts'
import type { RowSource } from './rows.ts'
import type { MixedCsvValues, MixedValues } from './table-options.ts'

type Options = MixedValues & Partial<MixedCsvValues>

/** Number of rows, at the start of the file, from which the kinds of columns are guessed. */
const guessedFrom = 10_000

/** Number of values of a column from which its median is taken: beyond it, of a random sample. */
const sampleSize = 10_000

/** Maximum number of examples in a batch. */
const batchRows = 1024

/** What is learnt from the rows of a file: their encoding, and the classes. */
export interface Learnt {
  readonly encoding: TableEncoding
  readonly names: Names
}

/** Learns the encoding of a file's rows in one pass, keeping few of them in memory. */
export async function learnTable(source: RowSource, options: Options): Promise<Learnt> {
  const plan = rolesOf(source.name, source.columns, options)
  const format = formatOf(options)
  const { plans } = await sampled(source, options)
  const parser = new RowParser(source, plan, plans, options, format)
  const learners = plans.map((column) => learnerOf(column, sampleSize))
  const labels = new TextStore()
  const seen = new Set<unknown>()
  for await (const rows of source.read()) {
    for (const row of rows) {
      const parsed = parser.parse(row)
      if (parsed) learnRow(parsed, learners, labels, seen)
    }
  }
  const columns = learners.map((learner) => learner.end())
  const { label } = plan
  const placeOf = (code: number): string => parser.errors.place(label!, labels.places[code]!)
  const names = label === undefined ? {} : labelsOf(source.name, labels, options, placeOf).names
  return { encoding: { format: 1, columns, ...format }, names }
}

/** Learns from a row. @param labels every distinct label; `seen` has the same, of rows without one none */
function learnRow(
  { values, y, place }: ParsedRow,
  learners: readonly Learner[],
  labels: TextStore,
  seen: Set<unknown>,
): void {
  for (let i = 0; i < values.length; i++) learners[i]!.add?.(values[i]!)
  const [label] = y
  if (typeof label !== 'string' || seen.has(label)) return
  seen.add(label)
  labels.push(label, place)
}

/** Returns the table of the first rows. */
async function sampled({ name, columns, unit, read }: RowSource, options: Options) {
  const builder = new TableBuilder(name, columns, options, unit)
  let count = 0
  for await (const rows of read()) {
    for (const row of rows.slice(0, guessedFrom - count)) builder.add(row)
    count += rows.length
    if (count >= guessedFrom) break
  }
  return builder.table()
}

/** Returns what was learnt from another source's rows. @throws {ArgumentError} when that is no table. */
export function learntFrom(given: Source | TableEncoding, options: Options): Learnt {
  const { label, classNames, classes = classNames?.length } = options
  const isData = 'x' in given
  const encoding = isData ? recipeOf(given)?.encoding : given
  if (encoding === undefined) {
    throw new ArgumentError(
      'tableStream: wanted encodedAs as the data of a table, got data that were not made from one',
    )
  }
  const names = isData ? namesOf({ ...given, featureNames: undefined, categories: undefined }) : {}
  const known = namesOf({ ...names, ...(classes !== undefined && { classes, classNames }) })
  if (label === undefined || known.classes !== undefined) return { encoding, names: known }
  const wanted = 'classNames or classes beside an encoding without them, or the data that it was learnt from'
  throw new ArgumentError(`tableStream: wanted ${wanted}, got neither`)
}

/** Returns the stream of a file's rows, encoded as was learnt. */
export function encodedStream(
  source: RowSource,
  { encoding, names }: Learnt,
  options: Options,
  fingerprint: string,
): Stream {
  const rows = encoder(encoding)
  const plan = rolesOf(source.name, source.columns, options)
  const parser = new RowParser(source, plan, columnsOf(encoding), options, encoding)
  const toBatch = batchMaker(rows, plan, parser, names)
  const stream: Stream = {
    x: { shape: [rows.width], dtype: 'float32' },
    y: { shape: plan.y.shape, dtype: plan.label === undefined ? 'float32' : 'int32' },
    ...(plan.weights && { weights: plan.weights }),
    ...namesOf({ ...names, featureNames: rows.featureNames, categories: rows.categories }),
    fingerprint,
    read: async function* () {
      for await (const found of source.read()) {
        for (let from = 0; from < found.length; from += batchRows) {
          const part = found.slice(from, from + batchRows)
          const parsed = part.map((row) => parser.parse(row)).filter((row) => row !== undefined)
          if (parsed.length > 0) yield toBatch(parsed)
        }
      }
    },
  }
  return withRecipe(stream, { ...tableRecipe(source.name, options), encoding })
}

/** Returns the columns of an encoding that are features, in the order of its encoder's. */
const columnsOf = ({ columns }: TableEncoding) =>
  columns
    .filter(({ kind }) => kind !== 'ignore')
    .map((column) => ({
      ...column,
      drop: 'drop' in column || ('mean' in column && column.fill === undefined),
    }))

/** Returns a function that encodes parsed rows. */
function batchMaker(
  { width, columns }: TableEncoder,
  { label, targets, weight }: TablePlan,
  { errors }: RowParser,
  names: Names,
): (rows: readonly ParsedRow[]) => Batch {
  const { wanted, classOf } = classReader({ classNames: names.classNames, classes: names.classes })
  const classAt = ({ y, place }: ParsedRow): number => {
    const found = classOf(y[0] as string)
    if (found === undefined) throw errors.wrong(wanted, label!, y[0], place)
    return found
  }
  return (rows) => {
    const x = new Float32Array(rows.length * width)
    let at = 0
    for (const { values } of rows) {
      for (let i = 0; i < columns.length; i++) {
        columns[i]!.write(values[i]!, x, at)
        at += columns[i]!.features.length
      }
    }
    const y = label === undefined ? targetsOf(rows, targets.length) : Int32Array.from(rows, classAt)
    const weights = weight === undefined ? undefined : Float64Array.from(rows, (row) => row.weight!)
    return { x, y, ...(weights && { weights }), length: rows.length }
  }
}

function targetsOf(rows: readonly ParsedRow[], width: number): Float32Array {
  const out = new Float32Array(rows.length * width)
  for (const [i, { y }] of rows.entries()) out.set(y as readonly number[], i * width)
  return out
}
