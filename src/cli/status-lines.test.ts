import { expect, test } from 'vitest'
import { printable } from './output.ts'
import { StatusLines } from './status-lines.ts'

/** What a terminal of some columns shows after texts: a small part of ECMA-48, all that status lines use. */
function screenOf(texts: readonly string[], columns: number): string[] {
  const rows: string[] = ['']
  let [row, column] = [0, 0]
  const codes = /␛\[(\d*)([GKJA])|\n|[^␛\n]/g
  for (const [all, count, code] of texts.join('').replaceAll('\u001b', '␛').matchAll(codes)) {
    if (code === 'G') column = 0
    else if (code === 'A') row -= Number(count)
    else if (code === 'K') rows[row] = rows[row]!.slice(0, column)
    else if (code === 'J') rows.splice(row, rows.length, rows[row]!.slice(0, column))
    else if (all === '\n') {
      row++
      column = 0
      rows[row] ??= ''
    } else {
      rows[row] = `${rows[row]!.slice(0, column).padEnd(column)}${all}${rows[row]!.slice(column + 1)}`
      column++
    }
  }
  expect(Math.max(...rows.map(({ length }) => length))).toBeLessThan(columns)
  return rows
}

function linesOn(columns: number): { readonly lines: StatusLines; readonly parts: string[] } {
  const parts: string[] = []
  const write = (text: string): void => void parts.push(printable(text))
  return { lines: new StatusLines({ columns, color: true, isTerminal: true, write }), parts }
}

test('status lines are drawn over those before, stay below what is printed, and leave nothing', () => {
  const { lines, parts } = linesOn(40)
  lines.draw('one of the first', 'two')
  lines.draw('ONE', 'two, longer')
  expect(screenOf(parts, 40)).toEqual(['ONE', 'two, longer'])
  lines.print('printed')
  lines.draw('again', 'below')
  expect(screenOf(parts, 40)).toEqual(['printed', 'again', 'below'])
  lines.draw('alone')
  lines.clear()
  expect(screenOf(parts, 40)).toEqual(['printed', ''])
})

test('nothing is erased before it is drawn again, so that nothing flickers', () => {
  const { lines, parts } = linesOn(40)
  lines.draw('abc', 'def')
  lines.draw('ghi', 'jkl')
  const [first] = parts.at(-1)!.split('ghi')
  expect(first).toBe('\u001b[G')
})

test('wide characters are cut by the columns that they take, and no text begins a line of its own', () => {
  const { lines, parts } = linesOn(8)
  lines.draw('漢字漢字漢字', 'a\tb\nc')
  expect(parts).toEqual(['\u001b[G漢字漢\u001b[K\na b c\u001b[J\u001b[1A\u001b[G'])
})

test('the codes of a text are shown, and a line is cut to the width', () => {
  const { lines, parts } = linesOn(12)
  lines.draw('\u001b[2Jabcdefgh')
  expect(parts).toEqual(['\u001b[G\\u001b[2Jab\u001b[J\u001b[G'])
})
