import type { FormatError } from '../../core/errors.ts'
import { malformed, showValue } from '../../core/mismatch.ts'
import { Finder } from './finder.ts'

/** A row of a CSV file. */
export interface CsvRow {
  readonly cells: readonly string[]
  /** For each cell, whether it was quoted; absent if none was. */
  readonly quoted?: readonly boolean[]
  /** Number of the row's first line in the file, counted from 1. */
  readonly line: number
}

/** Syntax of a CSV file. */
export interface CsvSyntax {
  /** Character between values; 'whitespace' is one or more blanks or tabs. */
  readonly delimiter: string
  /** Text that begins a comment, which extends to the end of the line. */
  readonly comment: string | undefined
  /** Whether a value may be quoted. @default true */
  readonly quote?: boolean
  /** Number of lines to skip at the start of the file. */
  readonly skip: number
}

/** Maximum number of characters in a row; a longer row probably has a quote that was never closed. */
const maxRow = 1 << 26

/**
 * Splits CSV text into rows. The text may come in pieces, cut anywhere. Lines end with LF, CR LF or CR, in any
 * mixture. Blank lines and comments are skipped. A quote opens a quoted value only if it is the value's first
 * character; blanks around a quoted value are dropped.
 */
export class CsvRows {
  readonly #name: string
  readonly #syntax: CsvSyntax
  readonly #take: (row: CsvRow) => void
  #skip: number
  /** Text that follows the last complete row; `#line` is the line number where it starts. */
  #rest = ''
  #line = 1
  #isStarted = false
  /** Length of `#rest` at which to parse it again; doubled if its row is incomplete, to keep cost linear. */
  #enough = 0

  constructor(name: string, syntax: CsvSyntax, take: (row: CsvRow) => void) {
    this.#name = name
    this.#syntax = syntax
    this.#skip = syntax.skip
    this.#take = take
  }

  /** Number of the line in which the text received so far ends. */
  get line(): number {
    return this.#line + lineEndsIn(this.#rest)
  }

  push(text: string): void {
    const mark = !this.#isStarted && text.startsWith('\ufeff') ? 1 : 0
    this.#isStarted ||= text !== ''
    const nul = text.indexOf('\0')
    this.#rest += text.slice(mark, nul < 0 ? undefined : nul)
    if (this.#rest.length >= this.#enough || nul >= 0) this.#parse(false)
    if (nul >= 0) {
      const fix = 'the file is damaged, or not text; UTF-16 needs an encoding'
      throw malformed(this.#name, 'text', `a character NUL at line ${this.line}`, fix)
    }
    if (this.#rest.length > maxRow) {
      const got = `one of ${this.#rest.length} characters from line ${this.#line} on`
      throw malformed(this.#name, 'a row that ends', got, 'look for a quote that is not closed')
    }
  }

  end(): void {
    this.#parse(true)
  }

  #parse(last: boolean): void {
    const text = this.#rest
    const cursor = new Cursor(text, this.#syntax, last)
    let at = 0
    while (at < text.length) {
      const row = this.#skip > 0 ? cursor.line(at) : cursor.row(at)
      if (row === undefined) break
      if ('wrong' in row) throw this.#badQuote(row.wrong)
      if (this.#skip > 0) this.#skip--
      else if (!isBlank(row)) {
        const { cells, quoted } = row
        this.#take(quoted === undefined ? { cells, line: this.#line } : { cells, quoted, line: this.#line })
      }
      this.#line += row.quoted === undefined ? 1 : lineEndsIn(text.slice(at, row.after))
      at = row.after
    }
    this.#rest = text.slice(at)
    this.#enough = at > 0 ? 0 : 2 * text.length
    if (last && this.#rest !== '') throw this.#badQuote()
  }

  #badQuote(after?: string): FormatError {
    if (after === undefined) {
      const got = `a row without one from line ${this.#line} on`
      return malformed(this.#name, 'a closing quote for each opening one', got)
    }
    const fix = 'write a quote within a quoted value twice'
    const wanted = `the end of a value after its closing quote, at line ${this.#line}`
    return malformed(this.#name, wanted, showValue(after), fix)
  }
}

const isBlank = ({ cells, quoted }: Omit<CsvRow, 'line'>): boolean =>
  cells.length === 1 && quoted === undefined && cells[0]!.trim() === ''

/** Returns the number of line ends (LF, CR LF or CR) in a text. */
const lineEndsIn = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0

/** A row, and the index after its line end; or `wrong`, the unexpected text found after a closing quote. */
type Parsed = (Omit<CsvRow, 'line'> & { readonly after: number }) | { readonly wrong: string }

/** Parses the row that starts at a given index of a text. */
class Cursor {
  readonly #text: string
  readonly #last: boolean
  readonly #delimiter: string | undefined
  readonly #next: Readonly<Record<'lf' | 'cr' | 'quote' | 'comment' | 'delimiter', Finder>>

  /** @param last whether `text` ends the file, rather than being continued later */
  constructor(text: string, { delimiter, comment, quote = true }: CsvSyntax, last: boolean) {
    this.#text = text
    this.#last = last
    this.#delimiter = delimiter === 'whitespace' ? undefined : delimiter
    const find = (what: string | undefined): Finder => new Finder(text, what)
    const [lf, cr, mark] = [find('\n'), find('\r'), find(quote ? '"' : undefined)]
    this.#next = { lf, cr, quote: mark, comment: find(comment), delimiter: find(this.#delimiter) }
  }

  /** Returns the line that starts at index `at`, as a row of one value; undefined if the line is incomplete. */
  line(at: number): Parsed | undefined {
    const end = this.#lineEnd(at)
    const after = this.#after(end)
    return after === undefined ? undefined : { cells: [this.#text.slice(at, end)], after }
  }

  /** Returns the row that starts at index `at`; undefined if the row is incomplete. */
  row(at: number): Parsed | undefined {
    const end = this.#lineEnd(at)
    const stop = Math.min(end, this.#next.comment.from(at))
    if (this.#next.quote.from(at) < stop) return this.#quotedRow(at)
    const after = this.#after(end)
    if (after === undefined) return undefined
    const line = this.#text.slice(at, stop)
    const cells = this.#delimiter === undefined ? line.trim().split(/[ \t]+/) : line.split(this.#delimiter)
    return { cells, after }
  }

  #quotedRow(at: number): Parsed | undefined {
    const cells: string[] = []
    const quoted: boolean[] = []
    let from = at
    for (;;) {
      const start = this.#skipBlanks(from)
      const isQuoted = this.#text[start] === '"'
      const value = isQuoted ? this.#quotedValue(start + 1) : this.#plainValue(from, start)
      if (value === undefined) return undefined
      cells.push(value.text)
      quoted.push(isQuoted)
      const next = this.#skipBlanks(value.after)
      if (this.#isEnd(next)) {
        const after = this.#after(this.#lineEnd(next))
        return after === undefined ? undefined : { cells, quoted, after }
      }
      const isApart =
        this.#delimiter === undefined ? next > value.after : this.#text[next] === this.#delimiter
      if (!isApart) return { wrong: this.#text.slice(next, this.#lineEnd(next)) }
      from = this.#delimiter === undefined ? next : next + 1
    }
  }

  /** Whether the row's values end at index `at`, where the line or the text ends or a comment begins. */
  #isEnd(at: number): boolean {
    return at >= Math.min(this.#lineEnd(at), this.#next.comment.from(at))
  }

  /** Parses a quoted value, whose opening quote is just before index `from`; undefined if it has no end yet. */
  #quotedValue(from: number): { text: string; after: number } | undefined {
    let text = ''
    for (let at = from; ; ) {
      const quote = this.#next.quote.from(at)
      if (quote === Number.POSITIVE_INFINITY) return undefined
      text += this.#text.slice(at, quote)
      if (this.#text[quote + 1] !== '"') {
        const isLast = quote + 1 === this.#text.length && !this.#last // another quote may follow
        return isLast ? undefined : { text, after: quote + 1 }
      }
      text += '"'
      at = quote + 2
    }
  }

  /** Parses a value without quotes; it starts at index `from`, its first non-blank is at `start`. */
  #plainValue(from: number, start: number): { text: string; after: number } {
    const end = Math.min(this.#lineEnd(start), this.#next.comment.from(start))
    if (this.#delimiter !== undefined) {
      const after = Math.min(end, this.#next.delimiter.from(from))
      return { text: this.#text.slice(from, after), after }
    }
    let after = start
    while (after < end && !isBlankCharacter(this.#text.charCodeAt(after))) after++
    return { text: this.#text.slice(start, after), after }
  }

  #skipBlanks(from: number): number {
    let at = from
    while (isBlankCharacter(this.#text.charCodeAt(at)) && this.#text[at] !== this.#delimiter) at++
    return at
  }

  /** Returns the index of the first line end from index `at` on, or else of the end of the text. */
  #lineEnd(at: number): number {
    return Math.min(this.#next.lf.from(at), this.#next.cr.from(at), this.#text.length)
  }

  /** Returns the index after the line end at index `end`; undefined if that depends on later text. */
  #after(end: number): number | undefined {
    if (end === this.#text.length) return this.#last ? end : undefined
    if (this.#text[end] === '\n') return end + 1
    if (end + 1 === this.#text.length && !this.#last) return undefined // LF may follow CR
    return this.#text[end + 1] === '\n' ? end + 2 : end + 1
  }
}

/** Whether a character is a blank, a no-break space or a tab. */
const isBlankCharacter = (code: number): boolean => code === 32 || code === 160 || code === 9
