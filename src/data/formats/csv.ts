import { allocate, type Data } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import type { Dataset } from '../dataset.ts'
import { CsvRows } from './csv-rows.ts'
import { Cells, isPlain, planTable, type TableOptions, type TablePlan, tableNames } from './table.ts'
import { tableDataset } from './table-examples.ts'

export interface CsvOptions extends TableOptions {
  /** Whether the first row names the columns; true unless given. */
  readonly header?: boolean
  /** What separates values; `,` unless given. */
  readonly delimiter?: string
}

export const csvNames = { ...tableNames, header: true, delimiter: true } as const

/** As `csv`, from a text; `name` is what messages call it. */
export function parseCsv(text: string, name: string, options: CsvOptions): Dataset {
  checkKnown('parseCsv', options, csvNames)
  return fromPieces([text], name, options)
}

export function fromPieces(texts: Iterable<string>, name: string, options: CsvOptions): Dataset {
  const reader = new CsvReader(name, options)
  const parts: Batch[] = []
  for (const text of texts) {
    reader.rows.push(text)
    parts.push(reader.take())
  }
  reader.rows.end()
  parts.push(reader.take())
  return tableDataset(name, parts, () => reader.plan, reader.cells)
}

/** Rows as numbers, gathered until they are taken. */
export class CsvReader {
  readonly rows: CsvRows
  readonly cells: Cells
  readonly #name: string
  readonly #options: CsvOptions
  #plan: TablePlan | undefined
  #columns: readonly string[] | number = 0
  #x: number[] = []
  #y: number[] = []
  #length = 0

  constructor(name: string, options: CsvOptions) {
    this.#name = name
    this.#options = options
    this.cells = new Cells(name, options)
    this.rows = new CsvRows(name, options.delimiter ?? ',', (cells, line) => this.#row(cells, line))
  }

  get plan(): TablePlan {
    if (this.#plan === undefined) throw new FormatError(`${this.#name}: wanted rows of values, got none`)
    return this.#plan
  }

  /** Reads on until the columns are known. */
  start(texts: Iterable<string>): this {
    for (const text of texts) {
      this.rows.push(text)
      if (this.#plan !== undefined) return this
    }
    this.rows.end()
    return this
  }

  take(): Batch {
    if (this.#length === 0) return { x: new Float32Array(0), y: new Float32Array(0), length: 0 }
    const { x, y } = this.plan
    const fill = (dtype: typeof x.dtype, values: readonly number[]): Data => {
      const data = allocate(dtype, values.length)
      for (let i = 0; i < values.length; i++) data[i] = values[i]!
      return data
    }
    const batch = { x: fill(x.dtype, this.#x), y: fill(y.dtype, this.#y), length: this.#length }
    this.#x = []
    this.#y = []
    this.#length = 0
    return batch
  }

  #row(cells: string[], line: number): void {
    if (this.#plan === undefined) {
      const named = this.#options.header ?? true
      this.#columns = named ? cells.map((cell) => cell.trim()) : cells.length
      this.#plan = planTable(this.#name, this.#columns, this.#options)
      if (named) return
    }
    const width = typeof this.#columns === 'number' ? this.#columns : this.#columns.length
    if (cells.length !== width) {
      throw new FormatError(`${this.#name}: wanted ${width} values at line ${line}, got ${cells.length}`)
    }
    const before = [this.#x.length, this.#y.length] as const
    if (this.#add(cells, line, this.#plan)) this.#length++
    else [this.#x.length, this.#y.length] = before
  }

  /** Whether the row is to stay. */
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
    return value >= 0
  }

  #nameOf(column: number): string {
    return typeof this.#columns === 'number' ? `${column} from 0` : this.#columns[column]!
  }
}
