import { cutToColumns, displayWidth } from '../core/columns.ts'

/** Sign at the end of a text that was cut to fit. */
const ellipsis = '…'

interface TableOptions {
  /** Maximum width of the table in columns of a terminal; texts of the widest column are cut until the table fits. */
  readonly columns: number
  /** Number of columns, from the left, that are aligned to the left; the others are aligned to the right. */
  readonly left: number
}

/** Returns rows of cells as lines of text, with columns of equal width separated by two spaces. */
export function alignedTable(rows: readonly (readonly string[])[], { columns, left }: TableOptions): string {
  const widths = fitted(
    rows[0]!.map((_, at) => Math.max(...rows.map((row) => displayWidth(row[at]!)))),
    columns,
  )
  const cell = (text: string, at: number): string => {
    const shown = cut(text, widths[at]!)
    const space = ' '.repeat(widths[at]! - displayWidth(shown))
    return at < left ? shown + space : space + shown
  }
  return rows.map((row) => `${row.map(cell).join('  ').trimEnd()}\n`).join('')
}

/** Narrowest width to which a column is cut. */
const narrowest = 8

/** Takes from the widest column until the columns fit. */
function fitted(widths: readonly number[], columns: number): number[] {
  const fit = [...widths]
  const gaps = 2 * (fit.length - 1)
  for (let over = fit.reduce((sum, width) => sum + width, gaps) - columns; over > 0; over--) {
    const widest = fit.indexOf(Math.max(...fit))
    if (fit[widest]! <= narrowest) break
    fit[widest]!--
  }
  return fit
}

/** Cuts a text to a width; its last character then is an ellipsis. */
const cut = (text: string, width: number): string =>
  displayWidth(text) <= width ? text : `${cutToColumns(text, width - 1)}${ellipsis}`

/** Breaks a text at spaces into lines of at most `width` characters. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
