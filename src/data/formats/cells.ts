import { FormatError } from '../../core/errors.ts'
import { showValue } from '../../core/mismatch.ts'
import type { Names } from '../dataset.ts'
import type { TableValues } from './table.ts'

const absent = new Set(['', '?', 'NA', 'N/A', '#N/A', '<NA>', 'NaN', 'nan', 'null', 'NULL', 'None'])

/** Whether a number is known to be a value without looking at its text: most are. */
export const isPlain = (value: number): boolean => value !== 0 && value - value === 0

/** Converts the cells of a table to numbers, and says where that fails. */
export class Cells {
  readonly #name: string
  readonly #missing: TableValues['missing']
  readonly #codes: Map<string, number>
  readonly #known: boolean
  readonly #classes: number | undefined

  constructor(name: string, { missing, classNames, classes }: TableValues) {
    this.#name = name
    this.#missing = missing
    this.#codes = new Map(classNames?.map((text, code) => [text, code]))
    this.#known = classNames !== undefined
    this.#classes = classNames === undefined ? classes : undefined
  }

  /** A feature or target; NaN when the row is to be dropped. `where` returns such as `line 3, column age`. */
  number(value: unknown, where: () => string, fill = true): number {
    if (isAbsent(value)) return this.#absent(value, where, fill)
    const text = typeof value === 'string' ? value : undefined
    const number = text === undefined ? numberOf(value) : /\d/.test(text) ? Number(text) : Number.NaN
    if (Number.isFinite(number)) return number
    throw this.#wrong('a number', value, where)
  }

  /** A label's class; NaN when the row is to be dropped. */
  label(value: unknown, where: () => string): number {
    if (isAbsent(value)) return this.#absent(value, where, false)
    const text = String(value).trim()
    if (this.#classes !== undefined) {
      const number = Number(text)
      if (Number.isInteger(number) && number >= 0 && number < this.#classes) return number
      throw this.#wrong(`a label from 0 to ${this.#classes - 1}`, value, where)
    }
    const code = this.#codes.get(text)
    if (code !== undefined) return code
    if (this.#known) throw this.#wrong(`one of ${[...this.#codes.keys()].join(', ')}`, value, where)
    this.#codes.set(text, this.#codes.size)
    return this.#codes.size - 1
  }

  /**
   * The classes, once all labels were seen, and the class that each number from `label` now means. Classes are
   * sorted, as numbers where all are, else as text; those that are 0, 1, … already have no names.
   */
  classes(): Names & { readonly order: Int32Array } {
    const found = [...this.#codes.keys()]
    if (this.#classes !== undefined) return { classes: this.#classes, order: new Int32Array(0) }
    if (this.#known) return { classNames: found, order: Int32Array.from(found, (_, i) => i) }
    const numbers = found.every((text) => Number.isFinite(Number(text)))
    const sorted = [...found].sort(numbers ? (a, b) => Number(a) - Number(b) : undefined)
    const order = Int32Array.from(found, (text) => sorted.indexOf(text))
    if (sorted.every((text, i) => text === String(i))) return { classes: sorted.length, order }
    return { classNames: sorted, order }
  }

  #absent(value: unknown, where: () => string, fill: boolean): number {
    if (this.#missing === 'drop') return Number.NaN
    if (this.#missing !== undefined && fill) return this.#missing
    throw new FormatError(
      `${this.#name}: wanted a value at ${where()}, got ${value == null ? 'null' : showValue(value)}; ` +
        "leave such rows out with missing: 'drop', or give a number for missing features",
    )
  }

  #wrong(wanted: string, value: unknown, where: () => string): FormatError {
    const got = typeof value === 'bigint' ? String(value) : showValue(value)
    return new FormatError(`${this.#name}: wanted ${wanted} at ${where()}, got ${got}`)
  }
}

const isAbsent = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && absent.has(value.trim()))

const numberOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? Number(value)
    : Number.NaN
