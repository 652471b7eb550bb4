import { asData, type Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { malformed, mismatch, nearest, showValue, unknownName } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import { inputsOf, isNumbers, type NumberInput, type NumberList } from '../data/arrays.ts'
import { Cells } from '../data/formats/cells.ts'
import type { TableValues } from '../data/formats/table.ts'
import { encoder, type TableEncoder, type TableRow } from '../data/table/encoder.ts'
import type { RawRow } from '../data/table/rows.ts'
import type { About } from './run-graph.ts'

/**
 * Rows to predict: objects with a value for each feature, lists of numbers in the order of the features, or the raw
 * inputs of all rows in nested lists or one flat array.
 */
export type RowsInput = readonly TableRow[] | NumberInput

/** Returns the place of row `i` for error messages, such as `line 3`. */
type PlaceOf = (i: number) => string

const rowPlace: PlaceOf = (i) => `row ${i}`

/** Converts rows to the inputs `x` of a model, before their normalization. */
export class RowReader {
  readonly #who: string
  readonly #about: About
  readonly #cells: Cells
  readonly #size: number
  readonly #encoder: TableEncoder | undefined

  /** @param who name of a function or file for error messages */
  constructor(who: string, about: About) {
    this.#who = who
    this.#about = about
    this.#size = sizeOf(about.x.shape)
    this.#cells = new Cells(who, inputOptions(about))
    const { encoding } = about.recipe ?? {}
    this.#encoder = encoding && encoder(encoding)
  }

  /**
   * Returns the inputs of all rows in one flat array.
   *
   * @throws {ArgumentError} when a row has too few or too many numbers.
   * @throws {FormatError} when a value is missing or not a number, naming its row and column.
   */
  read(rows: RowsInput, placeOf: PlaceOf = rowPlace): Data {
    if (!isNumbers(rows)) throw mismatch(this.#who, 'rows as a list', rows)
    if (rows.length === 0) throw mismatch(this.#who, 'at least one row', 0)
    const isTable = Array.isArray(rows) && rows.some((row) => isRecord(row))
    return isTable ? this.#named(rows as readonly TableRow[], placeOf) : this.#numbers(rows as NumberInput)
  }

  /**
   * Returns the inputs of rows of a table that `data.table` would read.
   *
   * @param columns names of all columns
   * @throws {ArgumentError} when a column is not there.
   * @throws {FormatError} when a value is missing or not of its column's kind, naming its place.
   */
  readCells(columns: readonly string[], rows: readonly RawRow[], unit: 'line' | 'row'): Data {
    const read = this.#encoder!.columns.map(({ name }) => name)
    const lacking = read.find((name) => !columns.includes(name))
    if (lacking !== undefined) throw unknownName(this.#who, columns, lacking, 'a column that is ')
    const at = read.map((name) => columns.indexOf(name))
    const cellOf = (row: number, column: number): unknown => rows[row]!.cells[at[column]!]
    return this.#encoded(this.#encoder!, rows.length, cellOf, (row) => `${unit} ${rows[row]!.place}`)
  }

  #encoded(
    { columns, width }: TableEncoder,
    count: number,
    cellOf: (row: number, column: number) => unknown,
    placeOf: PlaceOf,
  ): Float32Array {
    const out = new Float32Array(count * width)
    for (let row = 0, to = 0; row < count; row++) {
      for (const [i, { name, wanted, features, parse, write }] of columns.entries()) {
        const given = cellOf(row, i)
        const value = parse(given)
        const place = (): string => `${placeOf(row)}, column ${name}`
        if (value === undefined) {
          const fix = 'correct it, or leave it empty if it is missing'
          throw malformed(this.#who, `${wanted} at ${place()}`, showValue(given), fix)
        }
        if (!write(value, out, to)) {
          const fix = 'fill it in, or leave the row out'
          throw malformed(this.#who, `a value at ${place()}`, given == null ? 'null' : showValue(given), fix)
        }
        to += features.length
      }
    }
    return out
  }

  #named(rows: readonly TableRow[], placeOf: PlaceOf): Data {
    const wrong = rows.findIndex((row) => !isRecord(row))
    if (wrong >= 0) throw mismatch(this.#who, `an object at ${placeOf(wrong)}`, rows[wrong])
    if (this.#encoder !== undefined) {
      const { columns } = this.#encoder
      const cellOf = (row: number, column: number): unknown =>
        this.#own(rows[row]!, columns[column]!.name, () => placeOf(row))
      return this.#encoded(this.#encoder, rows.length, cellOf, placeOf)
    }
    const { featureNames } = this.#about
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
    return this.#typed(data)
  }

  /** Returns a row's value in a column. @throws {ArgumentError} when the row has no such column. */
  #own(row: TableRow, name: string, where: () => string): unknown {
    if (Object.hasOwn(row, name)) return row[name]
    const near = nearest(name, Object.keys(row))
    const fix = near === undefined ? '' : `; did you mean ${name} by ${near}?`
    throw new ArgumentError(`${this.#who}: wanted a column ${name} at ${where()}, got none${fix}`)
  }

  #numbers(rows: NumberInput): Data {
    const { data } = inputsOf(rows, this.#who)
    const isNested = Array.isArray(rows) && isNumbers((rows as NumberList)[0])
    const each = isNested ? data.length / rows.length : this.#size
    const wrong = isNested ? each !== this.#size : data.length % this.#size !== 0
    if (wrong) throw mismatch(this.#who, `${this.#size} numbers for each row`, isNested ? each : data.length)
    return this.#typed(data)
  }

  /** @throws {ArgumentError} when a number is not finite or, for inputs that are integers, not whole. */
  #typed(data: Exclude<Data, BigInt64Array | Uint8Array>): Data {
    const { dtype } = this.#about.x
    const isWhole = dtype === 'int32'
    const wrong = data.findIndex((value) => !(isWhole ? Number.isInteger(value) : Number.isFinite(value)))
    if (wrong >= 0) {
      const wanted = isWhole ? 'whole numbers' : 'finite numbers'
      throw mismatch(
        this.#who,
        wanted,
        data[wrong],
        `look at number ${wrong % this.#size} of row ${Math.floor(wrong / this.#size)}`,
      )
    }
    return asData(dtype, data)
  }
}

/** Returns the options by which a table of inputs is read as the run's own data were, without labels or targets. */
export function inputOptions({ x, recipe, featureNames }: About): TableValues {
  const { missing, naValues } = (recipe?.table ?? {}) as Partial<TableValues>
  return {
    label: undefined,
    target: [],
    features: featureNames,
    shape: x.shape,
    classNames: undefined,
    classes: undefined,
    missing: missing === 'drop' ? undefined : missing,
    naValues,
    dtype: x.dtype === 'float64' ? 'float64' : 'float32',
  }
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !isNumbers(value)
