import { malformed } from '../../core/mismatch.ts'
import { type CsvColumns, csvColumns } from '../formats/csv-header.ts'
import { type CsvRow, CsvRows } from '../formats/csv-rows.ts'
import { Decoder } from '../formats/decoder.ts'
import { widthOf } from '../formats/table.ts'
import type { MixedCsvValues } from './table-options.ts'

/** A row of a table as it is in the file. */
export interface RawRow {
  readonly cells: readonly unknown[]
  /** Line or row in the file. */
  readonly place: number
}

/** Rows of a table in a file. */
export interface RowSource {
  /** Name of the file. */
  readonly name: string
  /** Noun for the place of a row. */
  readonly unit: 'line' | 'row'
  /** Names of the columns; `0`, `1`, … in a file without names. */
  readonly columns: readonly string[]
  /** Reads all rows, some at a time. */
  read(): AsyncIterable<readonly RawRow[]> | Iterable<readonly RawRow[]>
}

/** Whether a column of a Parquet file, by its name and whether it holds single values, is not decoded. */
export type IsSkipped = (name: string, isSingle: boolean) => boolean

/** Returns the names of columns. Those of a file without names are called '0', '1', …. */
export const namesOfColumns = (columns: CsvColumns): readonly string[] =>
  typeof columns === 'number' ? Array.from({ length: columns }, (_, i) => `${i}`) : columns

/** Parses the rows of a CSV file, which may come in pieces of bytes or text. */
export class CsvRawRows {
  readonly #name: string
  readonly #options: MixedCsvValues
  readonly #features: readonly string[]
  readonly #rows: CsvRows
  readonly #decoder: Decoder
  #columns: CsvColumns | undefined
  #found: RawRow[] = []

  /** @param features names of columns that are known: with one of them, the first row has names, even numbers */
  constructor(
    name: string,
    options: MixedCsvValues,
    features: readonly string[] = Object.keys(options.columns ?? {}),
  ) {
    this.#name = name
    this.#options = options
    this.#features = features
    this.#decoder = new Decoder(name, options.encoding)
    this.#rows = new CsvRows(name, options, (row) => this.#row(row))
  }

  /** Whether the names of the columns are known. */
  get isStarted(): boolean {
    return this.#columns !== undefined
  }

  /** Names or number of the columns. @throws {FormatError} before the first row was parsed. */
  get columns(): CsvColumns {
    if (this.#columns === undefined) throw malformed(this.#name, 'at least one row of values', 'none')
    return this.#columns
  }

  /** Takes the next piece of the file, and returns the rows that it completes. */
  push(piece: string | Uint8Array): readonly RawRow[] {
    return this.#parse(typeof piece === 'string' ? piece : this.#decoder.push(piece))
  }

  /** Ends the file, and returns its last row if that has no line end. */
  end(): readonly RawRow[] {
    const before = this.#parse(this.#decoder.end())
    this.#rows.end()
    return [...before, ...this.#take()]
  }

  #parse(text: string): readonly RawRow[] {
    this.#rows.push(text)
    const { failed } = this.#decoder
    if (failed === undefined) return this.#take()
    const fix = failed === 'UTF-8' ? "give its encoding, such as encoding: 'windows-1252'" : 'check encoding'
    throw malformed(this.#name, `text in ${failed}`, `other bytes at line ${this.#rows.line}`, fix)
  }

  #take(): readonly RawRow[] {
    const found = this.#found
    this.#found = []
    return found
  }

  #row(row: CsvRow): void {
    const { header } = this.#options
    if (this.#columns === undefined) {
      this.#columns = csvColumns(this.#name, row, { ...this.#options, features: this.#features })
      if (header === undefined || header === true) return
    }
    const width = widthOf(this.#columns)
    const { cells, line } = row
    if (cells.length !== width) {
      const fix = header === undefined || header === true ? `the header has ${width} names` : undefined
      throw malformed(this.#name, `${width} values at line ${line}`, cells.length, fix)
    }
    this.#found.push({ cells, place: line })
  }
}
