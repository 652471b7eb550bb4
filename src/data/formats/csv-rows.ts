import Papa from 'papaparse'
import type { FormatError } from '../../core/errors.ts'
import { malformed } from '../../core/mismatch.ts'

/** Callback for each row: gets its values, and the number of its first line in the file, counted from 1. */
type TakeRow = (cells: string[], line: number) => void

/** Splits CSV text into rows. The text may come in pieces, cut anywhere. Blank lines are skipped. */
export class CsvRows {
  readonly #name: string
  readonly #delimiter: string
  readonly #take: TakeRow
  #parser: InstanceType<typeof Papa.Parser> | undefined
  /** Text that follows the last complete row; `#line` is the line number where it starts. */
  #rest = ''
  #line = 1

  constructor(name: string, delimiter: string, take: TakeRow) {
    this.#name = name
    this.#delimiter = delimiter
    this.#take = take
  }

  push(text: string): void {
    const first = this.#parser === undefined && this.#rest === '' && text.charCodeAt(0) === 0xfeff
    this.#parse(this.#rest + (first ? text.slice(1) : text), false)
    if (this.#rest.length > maxRow) {
      const got = `one of ${this.#rest.length} characters from line ${this.#line} on`
      throw malformed(this.#name, 'a row that ends', got, 'look for a quote that is not closed')
    }
  }

  end(): void {
    if (this.#rest !== '') this.#parse(this.#rest, true)
  }

  #parse(text: string, last: boolean): void {
    if (this.#parser === undefined && !last && !/[\r\n]./s.test(text)) {
      this.#rest = text // no complete line yet, so the kind of line end is unknown
      return
    }
    this.#parser ??= new Papa.Parser({ delimiter: this.#delimiter, newline: newlineOf(text) })
    const { data, errors, meta } = this.#parser.parse(text, 0, !last) as Papa.ParseResult<string[]>
    const quoted = text.includes('"')
    const wrong = errors[0]?.row ?? -1
    for (const [row, cells] of data.entries()) {
      if (row === wrong) throw this.#badQuote()
      if (cells.length > 1 || cells[0]!.trim() !== '') this.#take(cells, this.#line)
      this.#line += quoted ? linesIn(cells) : 1
    }
    if (wrong >= data.length) throw this.#badQuote()
    this.#rest = last ? '' : text.slice(meta.cursor)
  }

  #badQuote(): FormatError {
    const got = `a row without one from line ${this.#line} on`
    return malformed(this.#name, 'a closing quote for each opening one', got)
  }
}

/** Maximum number of characters in a row; a longer row probably has a quote that was never closed. */
const maxRow = 1 << 26

const newlineOf = (text: string): '\r\n' | '\n' | '\r' =>
  text.includes('\n') ? (text[text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n') : '\r'

const linesIn = (cells: readonly string[]): number =>
  1 + cells.reduce((n, cell) => n + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0)
