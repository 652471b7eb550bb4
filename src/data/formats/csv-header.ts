import { malformed, mismatch, showValue } from '../../core/mismatch.ts'
import { firstTwice } from '../dataset.ts'
import type { CsvValues } from './csv-options.ts'
import type { CsvRow } from './csv-rows.ts'
import { parseNumeral } from './numerals.ts'
import { isInputOnly } from './table.ts'

/** Names of a CSV file's columns, or their number if they have no names. */
export type CsvColumns = readonly string[] | number

type HeaderOptions = Pick<CsvValues, 'header' | 'delimiter' | 'skip' | 'label' | 'target' | 'features'>

/**
 * Returns the names of a CSV file's columns or, if they have no names, their number, from the first row.
 *
 * @throws {FormatError} when two columns have the same name, when there is only one column, or when the first
 *   row should contain names but looks like values.
 */
export function csvColumns(file: string, { cells, line }: CsvRow, options: HeaderOptions): CsvColumns {
  const { header } = options
  const [, separator] = /^sep=(.?)$/i.exec(cells.join('')) ?? []
  if (separator !== undefined) {
    const fix = `give delimiter: '${separator || options.delimiter}' and skip: ${options.skip + 1}`
    throw malformed(file, `a row of a table at line ${line}`, `Excel's ${showValue(cells.join(''))}`, fix)
  }
  // A table of inputs alone may have a single one.
  const isSingle = isInputOnly(options) && (options.features?.length ?? 0) <= 1
  if (cells.length === 1 && !isSingle) throw oneColumn(file, cells[0]!, options)
  if (header === false) return cells.length
  if (typeof header === 'object') {
    checkDifferent(file, header, 'in header', 'change one')
    const { features = [] } = options
    // Rows to predict may come without what the model does not read, such as the label.
    const areAlone = isInputOnly(options) && cells.length === features.length
    const names = areAlone ? header.filter((name) => features.includes(name)) : header
    if (names.length === cells.length) return names
    throw mismatch(file, `a name in header for each of ${cells.length} columns`, header)
  }
  const names = cells.map((cell) => cell.trim())
  if (header === undefined) checkNames(file, names, line, options)
  const fix = isInputOnly(options)
    ? 'rename one'
    : 'rename one, or replace all names with header: [names] and skip'
  checkDifferent(file, names, `at line ${line}`, fix)
  return names
}

function oneColumn(file: string, cell: string, { delimiter }: HeaderOptions): Error {
  const other = [';', '\t', '|', ','].find((character) => character !== delimiter && cell.includes(character))
  const isBlank = other === undefined && delimiter !== 'whitespace' && /\S\s+\S/.test(cell)
  const name = isBlank ? "'whitespace'" : `'${other === '\t' ? '\\t' : other}'`
  const fix = other === undefined && !isBlank ? 'check delimiter' : `give delimiter: ${name}`
  return malformed(file, 'two columns or more', `one, ${showValue(cell.trim())}`, fix)
}

function checkDifferent(file: string, names: readonly string[], where: string, fix: string): void {
  const double = firstTwice(names)
  if (double === undefined) return
  throw malformed(file, `columns of different names ${where}`, `${showValue(double)} twice`, fix)
}

/**
 * Throws if some column names are numbers, as if the first row held values. Numbers are allowed if a column was
 * chosen by name, or if they only count columns (0, 1, … or 1, 2, …) and at least one name is not a number.
 */
function checkNames(file: string, names: readonly string[], line: number, options: HeaderOptions): void {
  const { label, target, features = [] } = options
  const known = new Set(names)
  const chosen = [label, target, features].flat(2)
  if (chosen.some((column) => typeof column === 'string' && known.has(column))) return
  const numbers = names.map(parseNumeral).filter((number) => !Number.isNaN(number))
  const first = numbers[0] ?? 0
  const isCounting = numbers.every((number, i) => number === first + i) && (first === 0 || first === 1)
  if (isCounting && numbers.length < names.length) return
  const got = showValue(names.find((name) => !Number.isNaN(parseNumeral(name))))
  const fix = isInputOnly(options)
    ? 'write the names of the columns into the first line, as in the file that the model was trained on'
    : 'if the file has no header, give header: false or header: [names]; if it has, header: true'
  throw malformed(file, `names of columns at line ${line}`, `the number ${got}`, fix)
}
