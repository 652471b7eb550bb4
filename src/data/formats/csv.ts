import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { allocate, type Data } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import type { Batch } from '../batch.ts'
import type { Dataset } from '../dataset.ts'
import { fileFingerprint } from '../files/fingerprint.ts'
import type { Stream } from '../stream.ts'
import { CsvRows } from './csv-rows.ts'
import { Cells, isPlain, planTable, type TableOptions, type TablePlan, tableNames } from './table.ts'
import { tableDataset, tableSpec } from './table-examples.ts'

export interface CsvOptions extends TableOptions {
  /** Whether the first row names the columns; true unless given. */
  readonly header?: boolean
  /** What separates values; `,` unless given. */
  readonly delimiter?: string
}

const csvNames = { ...tableNames, header: true, delimiter: true } as const

/**
 * Examples from a CSV file, all in memory. Values may be quoted; spaces around them do not count.
 *
 * @throws {FormatError} naming the line and the column of what is missing, or no number.
 * @throws {ArgumentError} when a column is not there, or an option is unknown.
 * @example data.csv('iris.csv', { label: 'species' }).classNames // ['setosa', 'versicolor', 'virginica']
 */
export function csv(path: string, options: CsvOptions): Dataset {
  checkKnown('csv', options, csvNames)
  return fromPieces(pieces(path), basename(path), options)
}

/** As `csv`, from a text; `name` is what messages call it. */
export function parseCsv(text: string, name: string, options: CsvOptions): Dataset {
  checkKnown('parseCsv', options, csvNames)
  return fromPieces([text], name, options)
}

/**
 * Examples from a CSV file of any size: about a megabyte of it is in memory at a time.
 *
 * @throws {ArgumentError} when a column is not there, or it has a label without `classNames` or `classes`, which
 *   cannot be known before the end of the file. While it is read: as `csv`.
 */
export function csvStream(path: string, options: CsvOptions): Stream {
  checkKnown('csvStream', options, csvNames)
  const name = basename(path)
  const { plan } = new CsvReader(name, options).start(pieces(path))
  return {
    ...tableSpec(name, plan, options),
    fingerprint: fileFingerprint(path, options),
    read: async function* () {
      const reader = new CsvReader(name, options)
      for await (const text of createReadStream(path, { encoding: 'utf8', highWaterMark: pieceSize })) {
        reader.rows.push(text as string)
        yield reader.take()
      }
      reader.rows.end()
      yield reader.take()
    },
  }
}

function fromPieces(texts: Iterable<string>, name: string, options: CsvOptions): Dataset {
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

const pieceSize = 1 << 20

/** A file's text, some at a time. */
function* pieces(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const bytes = Buffer.allocUnsafe(pieceSize)
    for (
      let n = readSync(file, bytes, 0, pieceSize, null);
      n > 0;
      n = readSync(file, bytes, 0, pieceSize, null)
    )
      yield decoder.write(bytes.subarray(0, n))
    yield decoder.end()
  } finally {
    closeSync(file)
  }
}

/** Rows as numbers, gathered until they are taken. */
class CsvReader {
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
