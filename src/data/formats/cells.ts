import type { FormatError } from '../../core/errors.ts'
import { malformed, showValue } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import { type Dataset, type Names, namesOf } from '../dataset.ts'
import { joined } from '../stream.ts'
import type { TablePlan, TableValues } from './table.ts'

/** Texts in a table that count as a missing value. */
const absent = new Set(['', '?', 'NA', 'N/A', '#N/A', '<NA>', 'NaN', 'nan', 'null', 'NULL', 'None'])

/** Whether a parsed number is surely a value, not missing: finite, and not 0, since `Number('')` is also 0. */
export const isPlain = (value: number): boolean => value !== 0 && value - value === 0

/** Converts a table's values to numbers, and batches of them to a data set; errors name the row and column. */
export class Cells {
  readonly #name: string
  readonly #options: TableValues
  /** Integer code of each label: its index in `classNames` or, without these, in order of first appearance. */
  readonly #codes: Map<string, number>

  constructor(name: string, options: TableValues) {
    this.#name = name
    this.#options = options
    this.#codes = new Map(options.classNames?.map((text, code) => [text, code]))
  }

  /**
   * Converts a value of a feature or target column to a number. NaN means: drop the row.
   *
   * @param where returns the value's place for errors, such as `line 3, column age`
   * @param fill whether to replace a missing value by the option `missing`, if that is a number
   */
  number(value: unknown, where: () => string, fill = true): number {
    if (isAbsent(value)) return this.#absent(value, where, fill)
    const text = typeof value === 'string' ? value : undefined
    const number = text === undefined ? numberOf(value) : /\d/.test(text) ? Number(text) : Number.NaN
    if (Number.isFinite(number)) return number
    throw this.#wrong('a number', value, where)
  }

  /** Converts a value of the label column to an integer code (see `#codes`). NaN means: drop the row. */
  label(value: unknown, where: () => string): number {
    if (isAbsent(value)) return this.#absent(value, where, false)
    const text = String(value).trim()
    const { classNames, classes } = this.#options
    if (classNames === undefined && classes !== undefined) {
      const number = Number(text)
      if (Number.isInteger(number) && number >= 0 && number < classes) return number
      throw this.#wrong(`a label from 0 to ${classes - 1}`, value, where)
    }
    const code = this.#codes.get(text)
    if (code !== undefined) return code
    if (classNames !== undefined)
      throw this.#wrong(`one of ${[...this.#codes.keys()].join(', ')}`, value, where)
    this.#codes.set(text, this.#codes.size)
    return this.#codes.size - 1
  }

  /** Joins all batches of a table to one data set, and replaces label codes by the final classes, in place. */
  dataset(batches: readonly Batch[], { x, y, label, featureNames }: TablePlan): Dataset {
    if (!batches.some(({ length }) => length > 0))
      throw malformed(this.#name, 'at least one row of values', 'none')
    const { order, ...classes } = label === undefined ? { order: [] } : this.#classes()
    for (const { y: labels } of order.length > 0 ? batches : []) {
      for (let i = 0; i < labels.length; i++) labels[i] = order[Number(labels[i])]!
    }
    return joined(batches, x, y, namesOf({ ...classes, featureNames }))
  }

  /**
   * Returns the classes after all labels were converted to codes. `order[code]` is the class of a code; an
   * empty `order` means that codes are classes. Classes are sorted: as numbers if all labels are numbers,
   * otherwise as text. If the labels are just 0, 1, …, `classNames` is left out.
   */
  #classes(): Names & { readonly order: Int32Array } {
    const found = [...this.#codes.keys()]
    const { classNames, classes } = this.#options
    if (classNames !== undefined) return { classNames: found, order: Int32Array.from(found, (_, i) => i) }
    if (classes !== undefined) return { classes, order: new Int32Array(0) }
    const numbers = found.every((text) => Number.isFinite(Number(text)))
    const sorted = [...found].sort(numbers ? (a, b) => Number(a) - Number(b) : undefined)
    const order = Int32Array.from(found, (text) => sorted.indexOf(text))
    if (sorted.every((text, i) => text === String(i))) return { classes: sorted.length, order }
    return { classNames: sorted, order }
  }

  #absent(value: unknown, where: () => string, fill: boolean): number {
    const { missing } = this.#options
    if (missing === 'drop') return Number.NaN
    if (missing !== undefined && fill) return missing
    const fix = "leave such rows out with missing: 'drop', or give a number for missing features"
    throw malformed(this.#name, `a value at ${where()}`, value == null ? 'null' : showValue(value), fix)
  }

  #wrong(wanted: string, value: unknown, where: () => string): FormatError {
    const got = typeof value === 'bigint' ? String(value) : showValue(value)
    return malformed(this.#name, `${wanted} at ${where()}`, got)
  }
}

const isAbsent = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  Number.isNaN(value) ||
  (typeof value === 'string' && absent.has(value.trim()))

const numberOf = (value: unknown): number =>
  ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN
