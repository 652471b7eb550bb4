import { ArgumentError } from '../../core/errors.ts'
import { columnAbsent, mismatch, unknownName } from '../../core/mismatch.ts'
import { type Dataset, dataset, type Field, type Names, namesOf, type Values } from '../dataset.ts'
import { gatherExamples } from '../gather-examples.ts'
import { recipeOf, tableRecipe, withRecipe } from '../recipe.ts'
import type { Source } from '../stream.ts'
import { CellParser } from './cells.ts'
import { type ColumnEncoder, parserOf } from './column-encoder.ts'
import type { ColumnStore } from './column-store.ts'
import { encoder } from './encoder.ts'
import type { CellValue, ColumnEncoding, ColumnKind, TableEncoding } from './encoding.ts'
import { isRegisteredTable, registerTable } from './is-table.ts'
import type { ColumnPlan } from './kinds.ts'
import { classReader } from './labels.ts'
import { learnerOf } from './learn.ts'
import { tableNote } from './note.ts'

/** What a table consists of, once its file was read. */
export interface TableParts {
  readonly name: string
  /** Options with which the table was read. */
  readonly options: Readonly<Record<string, unknown>>
  /** How numbers and missing values are written. */
  readonly format: Omit<TableEncoding, 'format' | 'columns'>
  /** Columns of features, in the order of the file. */
  readonly plans: readonly ColumnPlan[]
  /** Values of every column, those to predict and those to ignore included. */
  readonly stores: ReadonlyMap<string, ColumnStore>
  /** Texts of the columns whose values in `stores` were made of texts, and are others. */
  readonly texts: ReadonlyMap<string, ColumnStore>
  readonly y: Field
  /** Weights of the rows, if the table has a column of them. */
  readonly weights?: Field
  readonly names: Names
}

/**
 * A table of rows as they are in a file, before anything is learnt from them. `data.split` and `data.kFold` choose its
 * rows, learn the encoding of its columns from the training rows, and return data sets of encoded rows.
 */
export class MixedTable {
  /** Name of the file. */
  readonly name: string
  readonly length: number
  /** Class indices or targets of the rows. */
  readonly y: Field
  readonly classes?: number
  readonly classNames?: readonly string[]
  /** Kinds and options of the columns of features, told or guessed. */
  readonly plans: readonly ColumnPlan[]
  readonly #parts: TableParts

  constructor(parts: TableParts) {
    this.#parts = parts
    const { names, y, name, plans, stores } = parts
    Object.assign(this, namesOf(names))
    this.name = name
    this.y = y
    this.plans = plans
    const [any] = stores.values()
    this.length = any?.length ?? 0
    registerTable(this)
  }

  /** ColumnKind of each column of features, told or guessed. */
  get kinds(): Readonly<Record<string, ColumnKind>> {
    return Object.fromEntries(this.plans.map(({ name, kind }) => [name, kind]))
  }

  /** Returns the values of a column, missing ones as null, dates as days since 1970. */
  column(name: string): CellValue[] {
    const store = this.#store(name)
    return Array.from({ length: this.length }, (_, row) => store.at(row))
  }

  /** Returns a note on the kinds of the columns: a line for each, aligned. */
  summary(): string {
    const { name } = this.#parts
    return tableNote(this.encoding(), name)
  }

  /**
   * Returns the encoding that is learnt from some rows.
   *
   * @param rows indices of the training rows. @default all
   */
  encoding(rows?: ArrayLike<number>): TableEncoding {
    const { format } = this.#parts
    const columns = this.plans.map((plan) => {
      const learner = learnerOf(plan)
      const store = this.#store(plan.name)
      const length = learner.add ? (rows?.length ?? this.length) : 0
      for (let i = 0; i < length; i++) learner.add!(store.at(rows ? rows[i]! : i))
      return learner.end()
    })
    return { format: 1, columns, ...format }
  }

  /** Returns the data sets of some parts of the rows, encoded as is learnt from the first part. */
  encoded(parts: readonly ArrayLike<number>[]): Dataset[] {
    const encoding = this.encoding(parts[0])
    return parts.map((rows) => this.encodedBy(encoding, rows))
  }

  /** Returns the data set of some rows, encoded by a given encoding. @param rows indices of the rows. @default all */
  encodedBy(encoding: TableEncoding, rows?: ArrayLike<number>): Dataset {
    const { featureNames, categories, columns, width } = encoder(encoding)
    const order = Int32Array.from(rows ?? { length: this.length }, (row, i) => (rows ? row : i))
    const x = new Float32Array(order.length * width)
    const sources = columns.map((column) => this.#source(column, encoding))
    let at = 0
    for (const row of order) {
      for (const { column, valueAt } of sources) {
        if (!column.write(valueAt(row), x, at)) throw this.#absent(row, column.name)
        at += column.features.length
      }
    }
    const { y, weights, names, options } = this.#parts
    const targets = gatherExamples(y, order) as Values
    const made = dataset({
      x,
      y: targets,
      shape: [width],
      targetShape: y.shape,
      ...(weights && { weights: gatherExamples(weights, order) as Values }),
      ...names,
      featureNames,
      categories,
    })
    return withRecipe(made, { ...tableRecipe(this.name, options), encoding })
  }

  /** Returns how to read the values of a column of an encoding; if this table's column is of another kind, its texts are parsed. */
  #source(column: ColumnEncoder, encoding: TableEncoding) {
    const { name } = column
    const store = this.#parts.stores.get(name)
    if (store === undefined) {
      const needed = encoding.columns.map((one) => one.name)
      throw columnAbsent(this.name, name, [...this.#parts.stores.keys()], needed, 'the encoding')
    }
    const encoded = encoding.columns.find((one) => one.name === name)!
    const plan = this.plans.find((one) => one.name === name)
    if (plan && isSameKind(plan, encoded)) return { column, valueAt: (row: number) => store.at(row) }
    const given = this.#parts.texts.get(name) ?? store
    const { parse, wanted } = parserOf(encoded, new CellParser(this.#parts.format))
    const valueAt = (row: number): CellValue => {
      const [found, place] = [given.at(row), `at row ${row}, column ${name}`]
      if (isTextLost(found, encoded)) throw mismatch(this.name, `a text ${place}`, found, toldAs(encoded))
      const value = parse(found)
      if (value !== undefined) return value
      throw mismatch(this.name, `${wanted} ${place}`, found, 'correct it, or leave the row out')
    }
    return { column, valueAt }
  }

  #absent(row: number, column: string): Error {
    const fix = "leave such rows out with missing: 'drop'"
    return mismatch(this.name, `a value at row ${row}, column ${column}`, null, fix)
  }

  #store(name: string): ColumnStore {
    const store = this.#parts.stores.get(name)
    if (store) return store
    throw unknownName(this.name, [...this.#parts.stores.keys()], name, 'a column that is ')
  }
}

type Described = Pick<ColumnPlan, 'kind' | 'order'>

/** Whether the values of two columns mean the same: their kinds are equal and, for ordinals, the orders. */
const isSameKind = (a: Described, b: Described): boolean =>
  a.kind === b.kind && JSON.stringify(a.order) === JSON.stringify(b.order)

/** Whether a number stands for a text that it does not tell, such as 1.5 for `1.50`. */
const isTextLost = (value: CellValue, { kind }: ColumnEncoding): boolean =>
  typeof value === 'number' && (kind === 'text' || (kind === 'category' && !Number.isInteger(value)))

const toldAs = ({ name, kind }: ColumnEncoding): string =>
  `tell its kind, as in columns: { ${JSON.stringify(name)}: '${kind}' }`

/** Whether a value is a table that `data.table` read. */
export const isTable = (value: unknown): value is MixedTable => isRegisteredTable(value)

/**
 * Returns the data set of a table's rows, encoded as was learnt from other rows, such as those of a training part.
 *
 * @param learnt data whose rows have the encoding, such as `split.train`, and the classes; or an encoding alone
 * @throws {ArgumentError} when a column of the encoding is missing or holds a value of another kind, or numbers where
 *   the encoding has texts; or when a label is none of the classes of `learnt`.
 * @example
 * const table = await data.table('customers.csv', { label: 'churned' })
 * data.encodeTable(table, data.split(table, { validation: 0.2 }).train)
 */
export function encodeTable(table: MixedTable, learnt: TableEncoding | Source): Dataset {
  if (!isTable(table)) throw mismatch('encodeTable', 'a table, as data.table returns it', table)
  if (!('x' in Object(learnt))) return table.encodedBy(learnt as TableEncoding)
  const source = learnt as Source
  const encoding = recipeOf(source)?.encoding
  if (encoding === undefined) {
    throw new ArgumentError('encodeTable: wanted an encoding, or the data of a table, got other data')
  }
  return relabelled(table.encodedBy(encoding), source)
}

/** Returns a data set with the classes of another one, found by their names. */
function relabelled(made: Dataset, { classes, classNames }: Source): Dataset {
  if (classes === undefined || made.classes === undefined) return made
  const { wanted, classOf } = classReader({ classNames, classes })
  const order = Array.from({ length: made.classes }, (_, i) => {
    const name = made.classNames?.[i] ?? `${i}`
    const found = classOf(name)
    if (found === undefined) throw mismatch('encodeTable', wanted, name)
    return found
  })
  const y: Field = { ...made.y, data: Int32Array.from(made.y.data as Int32Array, (label) => order[label]!) }
  const { classNames: _, ...rest } = made
  return withRecipe({ ...rest, ...namesOf({ classes, classNames }), y }, recipeOf(made))
}
