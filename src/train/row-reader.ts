import { asData, type Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { columnAbsent, mismatch, nearest } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import { inputsOf, isNumbers, type NumberInput, type NumberList } from '../data/arrays.ts'
import { maxFloat32 } from '../data/float32.ts'
import { Cells } from '../data/formats/cells.ts'
import type { TableValues } from '../data/formats/table.ts'
import { rowNames, toRows } from '../data/record.ts'
import type { ColumnEncoder } from '../data/table/column-encoder.ts'
import type { TableRow } from '../data/table/encode-row.ts'
import { encoder } from '../data/table/encoder.ts'
import type { RawRow } from '../data/table/rows.ts'
import { encodedCells, type PlaceOf, RecordReader } from './record-reader.ts'
import type { About } from './run-graph.ts'

/**
 * Rows to predict: objects with a value for each feature, lists of numbers in the order of the features, or the raw
 * inputs of all rows in nested lists or one flat array. Rows of a mixed table are objects or lists of values, which are
 * then encoded: those of the columns that the model reads, in the order of the file that it was trained on.
 */
export type RowsInput = readonly TableRow[] | readonly (readonly unknown[])[] | NumberInput

const rowPlace: PlaceOf = (i) => `row ${i}`

/** Raw inputs of some rows of a file, before their normalization. */
export interface RawInputs {
  readonly x: Data
  readonly length: number
  /** Path of each image, if the rows are images. */
  readonly files?: readonly string[]
}

/** Converts rows to the inputs `x` of a model, before their normalization. */
export class RowReader {
  readonly #who: string
  readonly #about: About
  readonly #cells: Cells
  readonly #size: number
  /** Names of the columns that the model reads, in order; undefined if they have none. */
  readonly names: readonly string[] | undefined
  /** Encoders of these columns, if they are encoded. */
  readonly #columns: readonly ColumnEncoder[] | undefined
  /** Reader of the inputs of a model with several inputs. */
  readonly #records: RecordReader | undefined

  /** @param who name of a function or file for error messages */
  constructor(who: string, about: About) {
    this.#who = who
    this.#about = about
    this.#size = sizeOf(about.x.shape)
    this.#cells = new Cells(who, inputOptions(about))
    const { encoding } = about.recipe ?? {}
    this.#columns = encoding && encoder(encoding).columns
    const { tensors } = about.x
    this.#records = tensors && new RecordReader(who, 'an input', tensors, about.recipe?.encodings)
    this.names = this.#columns?.map(({ name }) => name) ?? (tensors ? rowNames(tensors) : about.featureNames)
  }

  /**
   * Returns the inputs of all rows in one flat array.
   *
   * @throws {ArgumentError} when a row has too few or too many values, or lacks a column.
   * @throws {FormatError} when a value is missing or not a number, naming its row and column.
   */
  read(rows: RowsInput, placeOf: PlaceOf = rowPlace): Data {
    if (!isNumbers(rows)) throw mismatch(this.#who, 'rows as a list', rows)
    if (rows.length === 0) throw mismatch(this.#who, 'at least one row', 0)
    if (Array.isArray(rows) && rows.some((row) => isRecord(row)))
      return this.#named(rows as readonly TableRow[], placeOf)
    if (this.#columns === undefined) return this.#numbers(rows as NumberInput)
    return this.#listed(this.#columns, rows as ArrayLike<unknown>, placeOf)
  }

  /**
   * Returns the inputs of rows of a table that `data.table` would read.
   *
   * @param columns names of all columns
   * @throws {ArgumentError} when a column is not there.
   * @throws {FormatError} when a value is missing or not of its column's kind, naming its place.
   */
  readCells(columns: readonly string[], rows: readonly RawRow[], unit: 'line' | 'row'): Data {
    const read = this.names!
    const lacking = read.find((name) => !columns.includes(name))
    if (lacking !== undefined) throw columnAbsent(this.#who, lacking, columns, read)
    const at = read.map((name) => columns.indexOf(name))
    const cellOf = (row: number, column: number): unknown => rows[row]!.cells[at[column]!]
    return this.#encoded(this.#columns!, rows.length, cellOf, (row) => `${unit} ${rows[row]!.place}`)
  }

  #encoded(
    columns: readonly ColumnEncoder[],
    count: number,
    cellOf: (row: number, column: number) => unknown,
    placeOf: PlaceOf,
  ): Float32Array {
    return encodedCells(this.#who, columns, count, cellOf, placeOf)
  }

  /** @throws {ArgumentError} when a row of a table is not a list of a value for each column. */
  #listed(columns: readonly ColumnEncoder[], rows: ArrayLike<unknown>, placeOf: PlaceOf): Float32Array {
    const { length } = columns
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]
      if (isNumbers(row) && (row as NumberList).length === length) continue
      const last = length === 1 ? '' : ` to ${columns[length - 1]!.name}`
      const wanted = `an object, or a list of ${length} ${length === 1 ? 'value' : 'values'}, ${columns[0]!.name}${last},`
      throw mismatch(this.#who, `${wanted} at ${placeOf(i)}`, row)
    }
    const cellOf = (row: number, column: number): unknown => (rows[row] as ArrayLike<unknown>)[column]
    return this.#encoded(columns, rows.length, cellOf, placeOf)
  }

  #named(rows: readonly TableRow[], placeOf: PlaceOf): Data {
    const wrong = rows.findIndex((row) => !isRecord(row))
    if (wrong >= 0) throw mismatch(this.#who, `an object at ${placeOf(wrong)}`, rows[wrong])
    const featureNames = this.names
    if (this.#records !== undefined) return this.#inputs(this.#records, rows, placeOf)
    if (this.#columns !== undefined) {
      const cellOf = (row: number, column: number): unknown =>
        this.#own(rows[row]!, this.names![column]!, () => placeOf(row))
      return this.#encoded(this.#columns, rows.length, cellOf, placeOf)
    }
    if (featureNames === undefined)
      throw new ArgumentError(
        `${this.#who}: wanted lists of ${this.#size} numbers, as the model's features have no names, got objects`,
      )
    const data = new Float64Array(rows.length * this.#size)
    for (const [i, row] of rows.entries()) {
      for (const [place, name] of featureNames.entries()) {
        const value = this.#own(row, name, () => placeOf(i))
        const where = (): string => `${placeOf(i)}, column ${name}`
        data[i * this.#size + place] = this.#cells.number(value, where, place)
      }
    }
    return this.typed(data)
  }

  /** Reads rows for a model of several inputs. A row maps the name of each input to its values: a list, or one number. */
  #inputs(reader: RecordReader, rows: readonly TableRow[], placeOf: PlaceOf): Data {
    const values = reader.read(rows, placeOf)
    const { shape, tensors } = this.#about.x
    const spec = { shape, dtype: 'float64' as const, tensors: tensors! }
    return this.typed(toRows(this.#who, spec, rows.length, (name) => values[name]!))
  }

  /** Returns a row's value in a column. @throws {ArgumentError} when the row has no such column. */
  #own(row: TableRow, name: string, where: () => string): unknown {
    if (Object.hasOwn(row, name)) return row[name]
    const near = nearest(
      name,
      Object.keys(row).filter((key) => !this.names!.includes(key)),
    )
    const fix = near === undefined ? '' : `; did you mean ${name} by ${near}?`
    throw new ArgumentError(`${this.#who}: wanted a column ${name} at ${where()}, got none${fix}`)
  }

  #numbers(rows: NumberInput): Data {
    const { data } = inputsOf(rows, this.#who, this.#about.x.dtype !== 'float32')
    const isNested = Array.isArray(rows) && isNumbers((rows as NumberList)[0])
    const each = isNested ? data.length / rows.length : this.#size
    const wrong = isNested ? each !== this.#size : data.length % this.#size !== 0
    if (wrong) throw mismatch(this.#who, `${this.#size} numbers for each row`, isNested ? each : data.length)
    return this.typed(data)
  }

  /**
   * Returns inputs in the model's element type.
   *
   * @param before number of rows that come before these, for errors
   * @throws {ArgumentError} when a number is not finite, or not one that the model's element type can hold.
   */
  typed(data: Data, before = 0): Data {
    const { dtype } = this.#about.x
    const isWhole = dtype === 'int32'
    const most = dtype === 'float32' ? maxFloat32 : Number.MAX_VALUE
    const holds = (value: number): boolean => (isWhole ? (value | 0) === value : Math.abs(value) <= most)
    const wrong = (data as Float64Array).findIndex((value) => !holds(value))
    if (wrong >= 0) {
      const isKind = isWhole ? Number.isInteger(data[wrong]) : Number.isFinite(data[wrong])
      const wanted = isKind ? `numbers that ${dtype} can hold` : isWhole ? 'whole numbers' : 'finite numbers'
      throw mismatch(
        this.#who,
        wanted,
        data[wrong],
        `look at number ${wrong % this.#size} of row ${before + Math.floor(wrong / this.#size)}`,
      )
    }
    return asData(dtype, data)
  }
}

/** Returns the options by which a table of inputs is read as the run's own data were, without labels or targets. */
export function inputOptions({ x, recipe, featureNames: named }: About): TableValues {
  const featureNames = x.tensors ? rowNames(x.tensors) : named
  const { missing, naValues } = (recipe?.table ?? {}) as Partial<TableValues>
  return {
    label: undefined,
    target: [],
    weight: undefined,
    features: featureNames,
    shape: x.shape,
    classNames: undefined,
    classes: undefined,
    missing: missing === 'drop' ? undefined : missing,
    naValues,
    // Float64 has every integer of int32.
    dtype: x.dtype === 'float32' ? 'float32' : 'float64',
  }
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !isNumbers(value)
