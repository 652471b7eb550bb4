import { mismatch } from '../../core/mismatch.ts'
import { choice, custom, integer, type OptionsOf, readOptions, required } from '../../core/options.ts'
import { firstTwice, texts } from '../dataset.ts'
import { CellParser } from './cells.ts'
import type { ColumnKind } from './encoding.ts'
import { dateFormat, mostBuckets, textUnit } from './encoding-check.ts'

/** What to do with missing values of a number: drop the row, or fill in the mean or median with an indicator. */
const missingNumber = choice(['drop', 'mean', 'median'])

/** Options of a column of numbers or booleans. */
const numberOptions = {
  /** What to do with a missing value. @default the table's `missing` */
  missing: missingNumber,
}

const ordinalOptions = {
  /** The column's texts, from the lowest to the highest: they become 0, 1, …. */
  order: required(texts),
  ...numberOptions,
}

const dateOptions = {
  /** Order of day, month and year. @default 'ymd', as in 2024-12-31 */
  format: { ...dateFormat, fallback: 'ymd' as const },
  ...numberOptions,
}

const categoryOptions = {
  /** What to do with a missing value: drop the row, or make it a category. @default 'category', unless the table's `missing` is 'drop' */
  missing: choice(['drop', 'category']),
  /** Number of training rows that a value needs to be a category: rarer values share the category of unseen ones. @default 2 */
  minFrequency: integer({ min: 1 }, 2),
  /** Maximum number of categories; the most frequent values are kept. @default 1000 */
  maxCategories: integer({ min: 1 }, 1000),
}

const textOptions = {
  /** Parts to count: words, or runs of 3 to 5 characters of a word. @default 'words' */
  by: { ...textUnit, fallback: 'words' as const },
  /** Number of buckets into which the parts are hashed, each a feature. @default 64 */
  buckets: integer({ min: 1, max: mostBuckets }, 64),
  /** What to do with a missing text: drop the row, or count no parts. @default 'empty', unless the table's `missing` is 'drop' */
  missing: choice(['drop', 'empty']),
}

/** Options of a column by its kind. */
export const kindOptions = {
  number: numberOptions,
  boolean: numberOptions,
  ordinal: ordinalOptions,
  date: dateOptions,
  category: categoryOptions,
  text: textOptions,
  ignore: {},
}

/** ColumnKind of a column, with options: `{ kind: 'ordinal', order: ['low', 'high'] }`. */
export type ColumnOptions = {
  readonly [K in ColumnKind]: { readonly kind: K } & OptionsOf<(typeof kindOptions)[K]>
}[ColumnKind]

/** Kinds of columns by name. */
export type ColumnKinds = Readonly<Record<string, ColumnKind | ColumnOptions>>

/** A column's kind and options, checked, with defaults filled in. */
export interface ColumnPlan {
  readonly name: string
  readonly kind: ColumnKind
  /** Why the column was guessed to say nothing. */
  readonly because?: string
  /** Whether rows with a missing value are dropped. */
  readonly drop: boolean
  readonly fill: 'mean' | 'median'
  readonly order?: readonly string[]
  readonly format?: 'ymd' | 'dmy' | 'mdy'
  readonly minFrequency?: number
  readonly maxCategories?: number
  readonly by?: 'words' | 'characters'
  readonly buckets?: number
}

/** Declares the options `columns` and `missing` of a table. */
export const planOptions = {
  /**
   * Kinds of columns by name: `number`, `boolean`, `category`, `ordinal`, `date`, `text` or `ignore`, or an object of
   * `kind` and its options. @default guessed from the values
   */
  columns: custom<ColumnKinds>(
    'an object of kinds by column',
    (value) => Object(value) === value && !Array.isArray(value) && typeof value !== 'function',
  ),
  /**
   * What to do with missing values: 'drop' drops the row; 'mean' or 'median' fills in that of the training rows and
   * adds an indicator. Missing categories are then a category of their own, and missing texts empty.
   * @default 'median'
   */
  missing: choice(['drop', 'mean', 'median'], 'median'),
}

/** Returns the plan of a column. @throws {ArgumentError} when its kind or an option is wrong. */
export function planColumn(
  table: string,
  name: string,
  given: ColumnKind | ColumnOptions,
  missing: 'drop' | 'mean' | 'median',
): ColumnPlan {
  const who = `${table}: column ${name}`
  const { kind, ...rest } =
    typeof given === 'string' ? { kind: given } : (Object(given) as { kind?: unknown })
  const kinds = Object.keys(kindOptions)
  if (typeof kind !== 'string' || !kinds.includes(kind))
    throw mismatch(who, `kind as one of ${kinds.join(', ')}`, kind)
  const read = readOptions(who, kindOptions[kind as ColumnKind], rest) as Partial<ColumnPlan> & {
    readonly missing?: string
  }
  if (read.order !== undefined) checkOrder(who, read.order)
  const { missing: own = missing, ...options } = read
  const fill = own === 'mean' ? 'mean' : 'median'
  return { ...options, name, kind: kind as ColumnKind, drop: own === 'drop' && kind !== 'ignore', fill }
}

const cells = new CellParser({})

function checkOrder(who: string, order: readonly string[]): void {
  const twice = firstTwice(order)
  if (order.length < 2) throw mismatch(who, 'order of two texts or more', order)
  if (twice !== undefined) throw mismatch(who, 'different texts in order', `${twice} twice`)
  const values = order.map((text) => cells.category(text) ?? text)
  const at = values.findIndex((value, i) => values.indexOf(value) < i)
  if (at < 0) return
  const both = `${order[values.indexOf(values[at]!)]} and ${order[at]}, which are one`
  throw mismatch(who, 'different values in order', both, 'leave one of them out')
}
