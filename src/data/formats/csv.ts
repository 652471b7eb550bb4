import { allocate } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { boolean, custom, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import type { Batch } from '../batch.ts'
import type { Dataset, FieldSpec, Values } from '../dataset.ts'
import { Cells, isPlain } from './cells.ts'
import { CsvRows } from './csv-rows.ts'
import { planTable, type TablePlan, tableOptions, widthOf } from './table.ts'
import { tableDataset } from './table-examples.ts'

/** Options of reading CSV. */
export const csvOptions = {
  ...tableOptions,
  /** Whether the first row names the columns. @default true */
  header: boolean(true),
  /** Character between values. @default ',' */
  delimiter: custom<string>(
    'one character, no quote or line end',
    (value) => typeof value === 'string' && /^[^"\r\n]$/.test(value),
    ',',
  ),
}

export interface CsvOptions extends OptionsOf<typeof csvOptions> {}

/** Options of CSV as they are read. */
export type CsvValues = ValuesOf<typeof csvOptions>

/** Parses examples from CSV text: see `csv`. @param name of the text in messages */
export const parseCsv = (text: string, name: string, given: CsvOptions): Dataset =>
  csvDataset([text], name, readOptions('parseCsv', csvOptions, given))

/** Parses examples from CSV text in pieces, cut anywhere. */
export function csvDataset(texts: Iterable<string>, name: string, options: CsvValues): Dataset {
  const reader = new CsvReader(name, options)
  const parts: Batch[] = []
  for (const text of texts) {
    reader.rows.push(text)
    parts.push(reader.take())
  }
  reader.rows.end()
  parts.push(reader.take())
  return tableDataset(name, parts, reader)
}

/** Converts rows to numbers, and gathers them until they are taken. */
export class CsvReader {
  readonly rows: CsvRows
  readonly cells: Cells
  readonly #name: string
  readonly #options: CsvValues
  #plan: TablePlan | undefined
  #columns: readonly string[] | number = 0
  #x: number[] = []
  #y: number[] = []
  #length = 0

  constructor(name: string, options: CsvValues) {
    this.#name = name
    this.#options = options
    this.cells = new Cells(name, options)
    this.rows = new CsvRows(name, options.delimiter, (cells, line) => this.#row(cells, line))
  }

  get plan(): TablePlan {
    if (this.#plan === undefined) throw new FormatError(`${this.#name}: wanted rows of values, got none`)
    return this.#plan
  }

  /** Reads until the columns are known. */
  start(texts: Iterable<string>): this {
    for (const text of texts) {
      this.rows.push(text)
      if (this.#plan !== undefined) return this
    }
    this.rows.end()
    return this
  }

  /** Returns the rows since the last call. */
  take(): Batch {
    if (this.#length === 0) return { x: new Float32Array(0), y: new Float32Array(0), length: 0 }
    const { x, y } = this.plan
    const batch = { x: typed(x, this.#x), y: typed(y, this.#y), length: this.#length }
    this.#x = []
    this.#y = []
    this.#length = 0
    return batch
  }

  #row(cells: string[], line: number): void {
    if (this.#plan === undefined) {
      const { header } = this.#options
      this.#columns = header ? cells.map((cell) => cell.trim()) : cells.length
      this.#plan = planTable(this.#name, this.#columns, this.#options)
      if (header) return
    }
    const width = widthOf(this.#columns)
    if (cells.length !== width) {
      throw new FormatError(`${this.#name}: wanted ${width} values at line ${line}, got ${cells.length}`)
    }
    const before = [this.#x.length, this.#y.length] as const
    if (this.#add(cells, line, this.#plan)) this.#length++
    else [this.#x.length, this.#y.length] = before
  }

  /** Adds a row; returns false when it is to be dropped. */
  #add(cells: readonly string[], line: number, { features, targets, label }: TablePlan): boolean {
    const at = (column: number) => (): string => `line ${line}, column ${this.#nameOf(column)}`
    for (const column of features) {
      const quick = Number(cells[column])
      const value = isPlain(quick) ? quick : this.cells.number(cells[column], at(column))
      if (Number.isNaN(value)) return false
      this.#x.push(value)
    }
    for (const column of targets) {
      const value = this.cells.number(cells[column], at(column), false)
      if (Number.isNaN(value)) return false
      this.#y.push(value)
    }
    if (label === undefined) return true
    const value = this.cells.label(cells[label], at(label))
    this.#y.push(value)
    return !Number.isNaN(value)
  }

  #nameOf(column: number): string {
    return typeof this.#columns === 'number' ? `${column} from 0` : this.#columns[column]!
  }
}

function typed({ dtype }: FieldSpec, numbers: readonly number[]): Values {
  const data = allocate(dtype, numbers.length) as Values
  data.set(numbers)
  return data
}
