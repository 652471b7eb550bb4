import type { CellParser } from './cells.ts'

/** Minimum share of numbers that makes a column one of numbers, so that another text in it is an error. */
const mostly = 0.9

/** Number of distinct numbers up to which they may be codes of categories, among which a text is none the worse. */
const fewCodes = 50

/** Whether a sample of cells is of a column of numbers, rather than of codes, some of which begin with 0. */
export function isNumeric(sample: readonly unknown[], cells: CellParser): boolean {
  const present = sample.filter((value) => cells.text(value) !== null && typeof value !== 'boolean')
  const isCode = (value: unknown): boolean => typeof value === 'string' && /^\s*0\d/.test(value)
  if (present.some(isCode)) return false
  const numbers = present.map((value) => cells.number(value)).filter((value) => typeof value === 'number')
  if (numbers.length === present.length) return numbers.length > 0
  return numbers.length > mostly * present.length && new Set(numbers).size > fewCodes
}
