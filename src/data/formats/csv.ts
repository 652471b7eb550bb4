import { allocate } from '../../core/dtype.ts'
import { malformed } from '../../core/mismatch.ts'
import { boolean, custom, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import type { Batch } from '../batch.ts'
import type { Dataset, FieldSpec, Values } from '../dataset.ts'
import { Cells, isPlain } from './cells.ts'
import { CsvRows } from './csv-rows.ts'
import { planTable, type TablePlan, tableOptions, widthOf } from './table.ts'

/** Options for reading CSV. */
export const csvOptions = {
  ...tableOptions,
  /** Whether the first row contains the names of the columns. @default true */
  header: boolean(true),
  /** Character that separates values. @default ',' */
  delimiter: custom<string>(
    'one character, no quote or line end',
    (value) => typeof value === 'string' && /^[^"\r\n]$/.test(value),
    ',',
  ),
}

export interface CsvOptions extends OptionsOf<typeof csvOptions> {}

type CsvValues = ValuesOf<typeof csvOptions>

/** Parses examples from CSV text: see `csv`. @param name file name to show in errors */
export const parseCsv = (text: string, name: string, given: CsvOptions): Dataset =>
  new CsvReader(name, readOptions('parseCsv', csvOptions, given)).dataset([text])

/** Converts CSV text to examples. The text may come in pieces, cut anywhere. */
export class CsvReader {
  readonly #cells: Cells
  readonly #rows: CsvRows
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
    this.#cells = new Cells(name, options)
    this.#rows = new CsvRows(name, options.delimiter, (cells, line) => this.#row(cells, line))
  }

  /** Columns to read, and shapes of the examples. @throws {FormatError} before the first row was read. */
  get plan(): TablePlan {
    if (this.#plan === undefined) throw malformed(this.#name, 'at least one row of values', 'none')
    return this.#plan
  }

  /** Reads pieces of text until the first row is complete, so that the columns are known. */
  start(texts: Iterable<string>): this {
    for (const _ of this.#batches(texts)) if (this.#plan !== undefined) break
    return this
  }

  /** Returns the examples of a whole text, given in pieces. */
  dataset(texts: Iterable<string>): Dataset {
    const batches = [...this.#batches(texts)]
    return this.#cells.dataset(batches, this.plan)
  }

  *#batches(texts: Iterable<string>): Generator<Batch> {
    for (const text of texts) yield this.push(text)
    yield this.end()
  }

  /** Takes the next piece of text, and returns the examples of all rows that it completes. */
  push(text: string): Batch {
    this.#rows.push(text)
    return this.#take()
  }

  /** Ends the text. If its last row has no line end, returns that row's example, otherwise an empty batch. */
  end(): Batch {
    this.#rows.end()
    return this.#take()
  }

  #take(): Batch {
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
    if (cells.length !== width) throw malformed(this.#name, `${width} values at line ${line}`, cells.length)
    const before = [this.#x.length, this.#y.length] as const
    if (this.#add(cells, line, this.#plan)) this.#length++
    else [this.#x.length, this.#y.length] = before
  }

  /** Appends a row's `x` and `y` to the batch; returns false if the row must be dropped (missing values). */
  #add(cells: readonly string[], line: number, { features, targets, label }: TablePlan): boolean {
    const at = (column: number) => (): string => `line ${line}, column ${this.#nameOf(column)}`
    for (const column of features) {
      const quick = Number(cells[column])
      const value = isPlain(quick) ? quick : this.#cells.number(cells[column], at(column))
      if (Number.isNaN(value)) return false
      this.#x.push(value)
    }
    for (const column of targets) {
      const value = this.#cells.number(cells[column], at(column), false)
      if (Number.isNaN(value)) return false
      this.#y.push(value)
    }
    if (label === undefined) return true
    const value = this.#cells.label(cells[label], at(label))
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
