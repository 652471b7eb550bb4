import { bytesOf } from '../../core/bytes.ts'
import { allocate } from '../../core/dtype.ts'
import { malformed, mismatch } from '../../core/mismatch.ts'
import { readOptions } from '../../core/options.ts'
import type { Batch } from '../batch.ts'
import type { Dataset, FieldSpec, Values } from '../dataset.ts'
import { Growing } from '../growing.ts'
import { Cells } from './cells.ts'
import { type CsvColumns, csvColumns } from './csv-header.ts'
import { type CsvOptions, type CsvValues, csvOptions } from './csv-options.ts'
import { type CsvRow, CsvRows } from './csv-rows.ts'
import { Decoder } from './decoder.ts'
import { unzip } from './gzip.ts'
import { planTable, type TablePlan, widthOf } from './table.ts'

/**
 * Parses examples from CSV text, or from the bytes of a CSV file, gzipped or not: see `csv`.
 *
 * @param name file name to show in errors
 */
export function parseCsv(text: string | Uint8Array, name: string, given: CsvOptions): Dataset {
  const options = readOptions('parseCsv', csvOptions, given)
  if (typeof text === 'string' && options.encoding !== undefined) {
    throw mismatch('parseCsv', 'bytes to decode with encoding', 'a text', 'leave encoding out')
  }
  if (typeof text !== 'string') bytesOf('parseCsv', text)
  const whole = typeof text === 'string' ? text : unzip(text, name)
  return new CsvReader(name, options).dataset(piecesOf(whole), whole.length)
}

/** Number of characters or bytes that are parsed at a time. */
const pieceLength = 1 << 20

function* piecesOf(whole: string | Uint8Array): Generator<string | Uint8Array> {
  for (let at = 0; at < whole.length; at += pieceLength) {
    const end = at + pieceLength
    yield typeof whole === 'string' ? whole.slice(at, end) : whole.subarray(at, end)
  }
}

type PlanOf = (name: string, columns: CsvColumns, options: CsvValues) => TablePlan

/** Converts a CSV file to examples. The file may come in pieces, of bytes or of text, cut anywhere. */
export class CsvReader {
  readonly #cells: Cells
  readonly #rows: CsvRows
  readonly #decoder: Decoder
  readonly #name: string
  readonly #options: CsvValues
  readonly #planOf: PlanOf
  #plan: TablePlan | undefined
  #columns: CsvColumns = 0
  #x: number[] = []
  #y: number[] = []
  #weights: number[] = []
  #length = 0

  /** @param planOf finds the columns that the options choose, once those of the file are known */
  constructor(name: string, options: CsvValues, planOf: PlanOf = planTable) {
    const { decimal, thousands } = options
    if (decimal === thousands) throw mismatch(name, 'decimal and thousands to differ', decimal)
    if (options.comment?.includes(options.delimiter)) {
      throw mismatch(name, 'comment without the delimiter in it', options.comment)
    }
    this.#name = name
    this.#options = options
    this.#planOf = planOf
    this.#cells = new Cells(name, options, options)
    this.#decoder = new Decoder(name, options.encoding)
    this.#rows = new CsvRows(name, options, (row) => this.#row(row))
  }

  /** Columns to read, and shapes of the examples. @throws {FormatError} before the first row was read. */
  get plan(): TablePlan {
    if (this.#plan === undefined) throw malformed(this.#name, 'at least one row of values', 'none')
    return this.#plan
  }

  /** Number of columns of a file whose columns have no names; undefined if they have. */
  get unnamed(): number | undefined {
    return typeof this.#columns === 'number' ? this.#columns : undefined
  }

  /** Reads pieces until the first row is complete, so that the columns are known. */
  start(pieces: Iterable<string | Uint8Array>): this {
    for (const _ of this.#batches(pieces)) if (this.#plan !== undefined) break
    return this
  }

  /** Returns the examples of a whole file, given in pieces. @param length length of all pieces together, if known */
  dataset(pieces: Iterable<string | Uint8Array>, length?: number): Dataset {
    let all: Growing | undefined
    let read = 0
    const counted = function* () {
      for (const piece of pieces) {
        read += piece.length
        yield piece
      }
    }
    for (const batch of this.#batches(counted())) {
      if (batch.length === 0) continue
      all ??= new Growing(this.plan.x, this.plan.y)
      all.add(batch, length === undefined ? undefined : Math.min(1, read / length))
    }
    const { plan } = this
    return this.#cells.dataset(all === undefined ? [] : [all.batch], plan)
  }

  *#batches(pieces: Iterable<string | Uint8Array>): Generator<Batch> {
    for (const piece of pieces) yield this.push(piece)
    yield this.end()
  }

  /** Takes the next piece of the file, and returns the examples of all rows that it completes. */
  push(piece: string | Uint8Array): Batch {
    this.#push(typeof piece === 'string' ? piece : this.#decoder.push(piece))
    return this.#take()
  }

  /** Ends the file. If its last row has no line end, returns that row's example, otherwise an empty batch. */
  end(): Batch {
    this.#push(this.#decoder.end())
    this.#rows.end()
    return this.#take()
  }

  #push(text: string): void {
    this.#rows.push(text)
    const { failed } = this.#decoder
    if (failed === undefined) return
    const fix = failed === 'UTF-8' ? "give its encoding, such as encoding: 'windows-1252'" : 'check encoding'
    throw malformed(this.#name, `text in ${failed}`, `other bytes at line ${this.#rows.line}`, fix)
  }

  #take(): Batch {
    if (this.#length === 0) return { x: new Float32Array(0), y: new Float32Array(0), length: 0 }
    const { x, y, weights } = this.plan
    const own = weights && { weights: typed(weights, this.#weights) }
    const batch = { x: typed(x, this.#x), y: typed(y, this.#y), ...own, length: this.#length }
    this.#x = []
    this.#y = []
    this.#weights = []
    this.#length = 0
    return batch
  }

  #row(row: CsvRow): void {
    if (this.#plan === undefined) {
      this.#columns = csvColumns(this.#name, row, this.#options)
      this.#plan = this.#planOf(this.#name, this.#columns, this.#options)
      if (this.#options.header === undefined || this.#options.header === true) return
    }
    const width = widthOf(this.#columns)
    if (row.cells.length !== width) throw this.#ragged(row)
    if (this.#add(row, this.#plan)) this.#length++
    else this.#drop(this.#plan)
  }

  /** Removes the values already added from a row that must be dropped. */
  #drop({ features, targets, label, weight }: TablePlan): void {
    this.#x.length = this.#length * features.length
    this.#y.length = this.#length * (label === undefined ? targets.length : 1)
    if (weight !== undefined) this.#weights.length = this.#length
  }

  #ragged({ cells, line }: CsvRow): Error {
    const { delimiter, decimal } = this.#options
    const isDecimal = decimal === delimiter
    const { header } = this.#options
    const isNamed = header === undefined || header === true
    const width = widthOf(this.#columns)
    const named = isNamed ? `the header has ${width} names` : undefined
    const several = delimiter === ' ' ? "several blanks between values need delimiter: 'whitespace'" : named
    const fix = isDecimal ? "quote numbers with a decimal comma, or give delimiter, such as ';'" : several
    return malformed(this.#name, `${width} values at line ${line}`, cells.length, fix)
  }

  /** Appends a row's `x` and `y` to the batch; returns false if the row must be dropped (missing values). */
  #add({ cells, quoted, line }: CsvRow, { features, targets, label, weight }: TablePlan): boolean {
    const at = (column: number) => (): string => `line ${line}, column ${this.#nameOf(column)}`
    for (let place = 0; place < features.length; place++) {
      const column = features[place]!
      const value = this.#quick(cells[column]!) ?? this.#cells.number(cells[column], at(column), place)
      if (Number.isNaN(value)) return false
      this.#x.push(value)
    }
    for (const [place, column] of targets.entries()) {
      const value =
        this.#quick(cells[column]!) ?? this.#cells.number(cells[column], at(column), -1 - place, false)
      if (Number.isNaN(value)) return false
      this.#y.push(value)
    }
    if (weight !== undefined) {
      const value = this.#cells.weight(cells[weight], at(weight))
      if (Number.isNaN(value)) return false
      this.#weights.push(value)
    }
    if (label === undefined) return true
    const value = this.#cells.label(cells[label], at(label), quoted?.[label] === true)
    this.#y.push(value)
    return !Number.isNaN(value)
  }

  /** Parses common numerals three times as fast as the full parser; returns undefined for any other text. */
  #quick(cell: string): number | undefined {
    // The second character of hexadecimal, octal and binary numerals, which `Number` would parse, is a letter.
    if (cell.charCodeAt(1) > 57 || cell.charCodeAt(0) < 43) return undefined
    const value = Number(cell)
    if (value === 0 && cell === '0' && this.#cells.isPlain(1)) return 0
    return this.#options.decimal === '.' && this.#cells.isPlain(value) ? value : undefined
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
