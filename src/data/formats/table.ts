import { ArgumentError, FormatError } from '../../core/errors.ts'
import { mismatch, showValue, unknownName } from '../../core/mismatch.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import type { FieldSpec, Names } from '../dataset.ts'

/** A column by its name, or by its number from 0; −1 is the last. */
export type Column = string | number

/** Which columns of a table are what. */
export interface TableOptions {
  /** The column of classes: y is labels. */
  readonly label?: Column
  /** The column of target numbers, or several: y is floats. */
  readonly target?: Column | readonly Column[]
  /** The columns of x, in this order; all but label and target unless given. */
  readonly features?: readonly Column[]
  /** The shape of one example's x; `[features]` unless given. */
  readonly shape?: Shape
  /** What stands in the label column for 0, 1, …; what is found there, sorted, unless given. */
  readonly classNames?: readonly string[]
  /** How many classes, where the label column already has the numbers 0 … classes − 1. */
  readonly classes?: number
  /** What becomes of missing values: `drop` the row, or a number for missing features. An error unless given. */
  readonly missing?: 'drop' | number
  /** Of x and targets; float32 unless given. */
  readonly dtype?: 'float32' | 'float64'
}

/** The names of `TableOptions`. */
export const tableNames = {
  label: true,
  target: true,
  features: true,
  shape: true,
  classNames: true,
  classes: true,
  missing: true,
  dtype: true,
} as const

/** The columns that were chosen, by number, and what their examples look like. */
export interface TablePlan {
  readonly features: readonly number[]
  readonly label?: number
  readonly targets: readonly number[]
  readonly x: FieldSpec
  readonly y: FieldSpec
  readonly featureNames?: readonly string[]
}

/**
 * The columns that `options` choose.
 *
 * @param columns names of all columns, or their number where they have no names
 * @throws {ArgumentError} when one is not there, or none is left for x or y.
 */
export function planTable(
  name: string,
  columns: readonly string[] | number,
  options: TableOptions,
): TablePlan {
  const { label, target, dtype = 'float32' } = options
  if ((label === undefined) === (target === undefined)) {
    throw new ArgumentError(
      `${name}: wanted either label, the column of classes, or target, that of numbers, got ` +
        (label === undefined ? 'neither' : 'both'),
    )
  }
  const width = typeof columns === 'number' ? columns : columns.length
  const find = (column: Column): number => findColumn(name, columns, column)
  const targets = target === undefined ? [] : [target].flat().map(find)
  const labels = label === undefined ? [] : [find(label)]
  const rest = Array.from({ length: width }, (_, i) => i).filter((i) => ![...targets, ...labels].includes(i))
  const features = options.features?.map(find) ?? rest
  const shape = options.shape ?? [features.length]
  if (features.length === 0 || sizeOf(shape) !== features.length) {
    throw mismatch(name, `${sizeOf(shape)} columns of features`, features.length, 'check features and shape')
  }
  return {
    features,
    ...(labels[0] !== undefined && { label: labels[0] }),
    targets,
    x: { shape, dtype },
    y: {
      shape: Array.isArray(target) ? [targets.length] : [],
      dtype: label === undefined ? dtype : 'int32',
    },
    ...(typeof columns !== 'number' && { featureNames: features.map((i) => columns[i]!) }),
  }
}

function findColumn(name: string, columns: readonly string[] | number, column: Column): number {
  const width = typeof columns === 'number' ? columns : columns.length
  if (typeof column === 'number') {
    const at = column < 0 ? column + width : column
    if (Number.isInteger(at) && at >= 0 && at < width) return at
    throw mismatch(name, `a column from ${-width} to ${width - 1}`, column)
  }
  if (typeof columns === 'number') {
    throw mismatch(name, 'columns by number, for they have no names', column)
  }
  const at = columns.indexOf(column)
  if (at < 0) throw unknownName(name, columns, column, 'a column that is ')
  return at
}

const absent = new Set(['', '?', 'NA', 'N/A', '#N/A', '<NA>', 'NaN', 'nan', 'null', 'NULL', 'None'])

/** A value as a number where it can be told from text at once: most are. */
export const isPlain = (value: number): boolean => value !== 0 && value - value === 0

/** Turns what stands in a table into numbers, and says where that cannot be. */
export class Cells {
  readonly #name: string
  readonly #missing: TableOptions['missing']
  readonly #codes: Map<string, number>
  readonly #known: boolean
  readonly #classes: number | undefined

  constructor(name: string, { missing, classNames, classes }: TableOptions) {
    this.#name = name
    this.#missing = missing
    this.#codes = new Map(classNames?.map((text, code) => [text, code]))
    this.#known = classNames !== undefined
    this.#classes = classNames === undefined ? classes : undefined
  }

  /** A feature or target; NaN when the row is to be dropped. `where` is such as `line 3, column age`. */
  number(value: unknown, where: () => string, fill = true): number {
    if (isAbsent(value)) return this.#absent(value, where, fill)
    const text = typeof value === 'string' ? value : undefined
    const number = text === undefined ? numberOf(value) : /\d/.test(text) ? Number(text) : Number.NaN
    if (Number.isFinite(number)) return number
    throw this.#wrong('a number', value, where)
  }

  /** A label's class; −1 when the row is to be dropped. */
  label(value: unknown, where: () => string): number {
    if (isAbsent(value)) {
      this.#absent(value, where, false)
      return -1
    }
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
   * What the labels stand for once all were seen, and which class each number that was given out is. Classes are
   * sorted by number or else by text; those that are 0, 1, … already have no names.
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
