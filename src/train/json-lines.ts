import { malformed, showValue } from '../core/mismatch.ts'
import { Decoder } from '../data/formats/decoder.ts'
import type { RowsInput } from './row-reader.ts'

/** Rows of a file of JSON lines, and the number of each row's line, from 1. */
interface JsonRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[] | readonly number[][]
  readonly lines: readonly number[]
}

/**
 * Yields the rows in JSON lines: an object or a list of numbers on each line. Blank lines are skipped.
 *
 * @param pieces bytes of the file in UTF-8, cut anywhere
 * @throws {FormatError} when a line is not JSON, or the file has no row.
 */
export async function* jsonLines(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly rows: RowsInput; readonly lines: readonly number[] }> {
  const decoder = new Decoder(name)
  let line = 0
  let [isEmpty, isAfterCr] = [true, false]
  const parsed = (text: string): JsonRows => {
    const [rows, lines]: [unknown[], number[]] = [[], []]
    // A CR and LF may come in two pieces.
    const whole = isAfterCr && text.startsWith('\n') ? text.slice(1) : text
    isAfterCr = text.endsWith('\r')
    const found = whole === '' ? [] : whole.replace(/(\r\n|\n|\r)$/, '').split(/\r\n|\n|\r/)
    for (const one of found) {
      line++
      if (one.trim() === '') continue
      rows.push(rowIn(one, `${name}: line ${line}`))
      lines.push(line)
    }
    isEmpty &&= rows.length === 0
    if (decoder.failed !== undefined) throw malformed(name, 'text in UTF-8', `other bytes at line ${line}`)
    return { rows, lines } as JsonRows
  }
  for await (const piece of pieces) {
    const text = decoder.push(piece)
    const found = text === '' ? undefined : parsed(text)
    if (found && found.lines.length > 0) yield found
  }
  const rest = parsed(decoder.end())
  if (rest.lines.length > 0) yield rest
  if (isEmpty) throw malformed(name, 'at least one row of values', 'none')
}

function rowIn(text: string, where: string): unknown {
  let row: unknown
  try {
    row = JSON.parse(text)
  } catch {
    throw malformed(where, 'JSON', showValue(text))
  }
  if (typeof row === 'object' && row !== null) return row
  throw malformed(where, 'an object or a list of numbers', showValue(row))
}
