import { ArgumentError } from '../core/errors.ts'
import { malformed, mismatch, nearest, showValue } from '../core/mismatch.ts'
import { inputsOf, isNumbers, type NumberInput } from '../data/arrays.ts'
import { placesOf, type TensorSpec, type TensorSpecs } from '../data/record.ts'
import type { ColumnEncoder } from '../data/table/column-encoder.ts'
import { encodeCells, type TableRow } from '../data/table/encode-row.ts'
import { encoder } from '../data/table/encoder.ts'
import type { TableEncoding } from '../data/table/encoding.ts'
import { classReader } from '../data/table/labels.ts'

/** Returns the place of row `i` for error messages, such as `line 3`. */
export type PlaceOf = (i: number) => string

/** Encodings of the tensors that are rows of a mixed table, by the tensors' names. */
export type Encodings = Readonly<Record<string, TableEncoding>>

/** Converts records of named tensors to numbers: lists of numbers, labels, and raw rows of mixed tables. */
export class RecordReader {
  readonly #who: string
  readonly #what: string
  readonly #readers: readonly Tensor[]

  /** @param what what a tensor is, with its article, for error messages: `an input` */
  constructor(who: string, what: string, specs: TensorSpecs, encodings: Encodings = {}) {
    this.#who = who
    this.#what = what
    this.#readers = placesOf(specs).map(({ name, spec, size }) => {
      const encoding = encodings[name]
      return { name, spec, size, ...(encoding && { columns: encoder(encoding).columns }) }
    })
  }

  /**
   * Returns the numbers of each tensor, one row after another.
   *
   * @throws {ArgumentError} when a row lacks a tensor, or has too few or too many numbers of it.
   * @throws {FormatError} when a value is not of its column's kind, or no class.
   */
  read(rows: readonly TableRow[], placeOf: PlaceOf): Readonly<Record<string, Float64Array>> {
    const all = this.#readers.map((tensor): [string, Float64Array] => {
      const values = new Float64Array(rows.length * tensor.size)
      const readOne = this.#readerOf(tensor, placeOf)
      for (const [i, row] of rows.entries())
        values.set(readOne(this.#own(row, tensor.name, placeOf(i)), i), i * tensor.size)
      return [tensor.name, values]
    })
    return Object.fromEntries(all)
  }

  #readerOf(tensor: Tensor, placeOf: PlaceOf): (value: unknown, row: number) => ArrayLike<number> {
    const { name, spec, size, columns } = tensor
    if (columns) return (value, row) => this.#encoded(name, columns, value, placeOf(row))
    if (spec.classes !== undefined && spec.dtype === 'int32' && size === 1) {
      const classOf = this.#classes(name, spec)
      return (value, row) => [classOf(value, placeOf(row))]
    }
    return (value, row) => this.#numbers(tensor, value, placeOf(row))
  }

  #numbers({ name, spec, size }: Tensor, value: unknown, place: string): ArrayLike<number> {
    const list = isNumbers(value) ? (value as NumberInput) : [value as number]
    const { data } = inputsOf(list, `${this.#who}: ${name} at ${place}`, true)
    if (data.length !== size) throw mismatch(this.#who, `${size} numbers of ${name} at ${place}`, data.length)
    const broken =
      spec.dtype === 'int32' ? (data as Float64Array).find((one) => !Number.isInteger(one)) : undefined
    if (broken !== undefined) throw mismatch(this.#who, `integers of ${name} at ${place}`, broken)
    return data as ArrayLike<number>
  }

  /** Returns a function that finds the class of a value: by its name or, of classes without names, by its index. */
  #classes(name: string, { classes, classNames, ignoreIndex }: TensorSpec) {
    const { wanted, classOf } = classReader({ classNames, classes })
    return (value: unknown, place: string): number => {
      const text = String(value).trim()
      const found = text === String(ignoreIndex) ? ignoreIndex : classOf(text)
      if (found !== undefined) return found
      throw malformed(this.#who, `${wanted} as ${name} at ${place}`, showValue(value))
    }
  }

  #encoded(name: string, columns: readonly ColumnEncoder[], value: unknown, place: string): Float32Array {
    const isList = isNumbers(value)
    if (Object(value) !== value || (isList && (value as readonly unknown[]).length !== columns.length)) {
      const wanted = `an object with the columns of ${name}, or a list of ${columns.length} values, at ${place}`
      throw mismatch(this.#who, wanted, value)
    }
    const cellOf = (_: number, at: number): unknown =>
      isList
        ? (value as readonly unknown[])[at]
        : this.#own(value as TableRow, columns[at]!.name, `${place}, ${name}`, 'a column')
    return encodedCells(this.#who, columns, 1, cellOf, () => place)
  }

  /** Returns a row's value of a tensor. @throws {ArgumentError} when the row has none. */
  #own(row: TableRow, name: string, place: string, what = this.#what): unknown {
    if (Object.hasOwn(row, name)) return row[name]
    const known = this.#readers.map((tensor) => tensor.name)
    const near = nearest(
      name,
      Object.keys(row).filter((key) => !known.includes(key)),
    )
    const fix = near === undefined ? '' : `; did you mean ${name} by ${near}?`
    throw new ArgumentError(`${this.#who}: wanted ${what} ${name} at ${place}, got none${fix}`)
  }
}

/** A tensor of a record, with the encoders of its columns if it is the rows of a mixed table. */
interface Tensor {
  readonly name: string
  readonly spec: TensorSpec
  readonly size: number
  readonly columns?: readonly ColumnEncoder[]
}

/**
 * Encodes raw rows as `encodeCells` does.
 *
 * @throws {FormatError} when a value is missing or not of its column's kind, naming its place.
 */
export const encodedCells = (
  who: string,
  columns: readonly ColumnEncoder[],
  count: number,
  cellOf: (row: number, column: number) => unknown,
  placeOf: PlaceOf,
): Float32Array =>
  encodeCells(columns, count, cellOf, {
    wrong: (wanted, given, row, name) =>
      malformed(
        who,
        `${wanted} at ${placeOf(row)}, column ${name}`,
        showValue(given),
        'correct it, or leave it empty if it is missing',
      ),
    missing: (given, row, name) =>
      malformed(
        who,
        `a value at ${placeOf(row)}, column ${name}`,
        given == null ? 'null' : showValue(given),
        'fill it in, or leave the row out',
      ),
  })
