import { FormatError } from '../../core/errors.ts'
import { firstPieces } from '../../data/files/pieces.ts'
import { CsvRows } from '../../data/formats/csv-rows.ts'
import { Decoder } from '../../data/formats/decoder.ts'
import type { Told } from './told.ts'

/** Options of `data.table` that say how a CSV file is written, without those that are the default. */
export interface CsvWriting {
  readonly delimiter?: string
  readonly decimal?: ','
  readonly skip?: 1
}

/** Number of characters and of rows at the start of a file from which its writing is guessed. */
const most = { characters: 1 << 16, rows: 50 }

/** Delimiters that a file may have, the usual one first. */
const delimiters = [',', ';', '\t', '|']

/**
 * Returns how a CSV file is written, from its first rows: the delimiter that cuts them into equally many values; and a
 * decimal comma, if some numbers have one and none has a decimal point. What the user specified is not guessed.
 */
export function writingOf(path: string, told: Pick<Told, 'delimiter' | 'decimal'>): CsvWriting {
  const text = firstText(path)
  const [line, separator] = /^sep=([^"\r\n])\r?\n/i.exec(text) ?? []
  const rest = text.slice(line?.length ?? 0)
  const asked = told.delimiter === undefined ? separator : characterOf(told.delimiter)
  const delimiter = asked ?? delimiters.find((one) => isTable(rowsOf(rest, one))) ?? ','
  const isKnown = delimiters.slice(1).includes(delimiter)
  const isComma = told.decimal === undefined && isKnown && hasDecimalComma(rowsOf(rest, delimiter))
  return {
    ...(delimiter !== ',' && { delimiter }),
    ...(isComma && { decimal: ',' as const }),
    ...(line !== undefined && { skip: 1 as const }),
  }
}

const characterOf = (delimiter: string): string => (['tab', '\\t'].includes(delimiter) ? '\t' : delimiter)

/** Returns the first complete lines of a file as text; all lines of a small file. */
function firstText(path: string): string {
  const decoder = new Decoder(path)
  let text = ''
  for (const piece of firstPieces(path)) {
    text += decoder.push(piece)
    if (text.length > most.characters) return text.slice(0, text.lastIndexOf('\n', most.characters) + 1)
  }
  return text + decoder.end()
}

/** Returns the first rows of a text, or none if values are quoted as with another delimiter. */
function rowsOf(text: string, delimiter: string): (readonly string[])[] {
  const found: (readonly string[])[] = []
  const rows = new CsvRows('', { delimiter, comment: undefined, skip: 0 }, ({ cells }) => found.push(cells))
  try {
    rows.push(text.endsWith('\n') ? text : `${text}\n`)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    return [] // what is wrong with the file is said by its reader
  }
  return found.slice(0, most.rows)
}

/** Whether rows have equally many values, two or more, and no quoted value was cut. */
const isTable = (rows: readonly (readonly string[])[]): boolean => {
  const width = rows[0]?.length ?? 0
  const isWhole = (cell: string): boolean => cell.split('"').length % 2 === 1
  return width > 1 && rows.every((cells) => cells.length === width && cells.every(isWhole))
}

/** Whether some cells are numbers only with a decimal comma, and none with a decimal point: `1,234` may be either. */
function hasDecimalComma(rows: readonly (readonly string[])[]): boolean {
  const cells = rows.flat().map((cell) => cell.trim())
  const isPointed = cells.some((cell) => /^[+-]?\d*\.\d+$/.test(cell))
  return !isPointed && cells.some((cell) => /^[+-]?(\d*,(\d{1,2}|\d{4,})|0?,\d+)$/.test(cell))
}
