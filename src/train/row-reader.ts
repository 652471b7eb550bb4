import { asData, type Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, nearest } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import { inputsOf, isNumbers, type NumberInput, type NumberList } from '../data/arrays.ts'
import { Cells } from '../data/formats/cells.ts'
import type { TableValues } from '../data/formats/table.ts'
import type { About } from './run-graph.ts'

/** A row of a table, by the names of the columns. Columns that the model does not read are ignored. */
export type NamedRow = Readonly<Record<string, unknown>>

/**
 * Rows to predict: objects with a value for each feature, lists of numbers in the order of the features, or the raw
 * inputs of all rows in nested lists or one flat array.
 */
export type RowsInput = readonly NamedRow[] | NumberInput

/** Returns the place of row `i` for error messages, such as `line 3`. */
type PlaceOf = (i: number) => string

const rowPlace: PlaceOf = (i) => `row ${i}`

/** Converts rows to the inputs `x` of a model, before their normalization. */
export class RowReader {
  readonly #who: string
  readonly #about: About
  readonly #cells: Cells
  readonly #size: number

  /** @param who name of a function or file for error messages */
  constructor(who: string, about: About) {
    this.#who = who
    this.#about = about
    this.#size = sizeOf(about.x.shape)
    this.#cells = new Cells(who, inputOptions(about))
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
    return isTable ? this.#named(rows as readonly NamedRow[], placeOf) : this.#numbers(rows as NumberInput)
  }

  #named(rows: readonly NamedRow[], placeOf: PlaceOf): Data {
    const { featureNames } = this.#about
    if (featureNames === undefined)
      throw new ArgumentError(
        `${this.#who}: wanted lists of ${this.#size} numbers, as the model's features have no names, got objects`,
      )
    const data = new Float64Array(rows.length * this.#size)
    for (const [i, row] of rows.entries()) {
      if (!isRecord(row)) throw mismatch(this.#who, `an object at ${placeOf(i)}`, row)
      for (const [place, name] of featureNames.entries())
        data[i * this.#size + place] = this.#value(row, name, place, () => placeOf(i))
    }
    return this.#typed(data)
  }

  #value(row: NamedRow, name: string, place: number, where: () => string): number {
    if (Object.hasOwn(row, name))
      return this.#cells.number(row[name], () => `${where()}, column ${name}`, place)
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
