import type { CellParser } from './cells.ts'
import { booleans, parserOf } from './column-encoder.ts'
import type { TextStore } from './column-store.ts'
import type { ColumnKind, DateFormat } from './encoding.ts'
import { isNumeric } from './numeric.ts'

/** A guessed kind, and for a column to ignore the reason. */
export interface Guess {
  readonly kind: ColumnKind
  readonly because?: string
}

/** Number of rows from which on a different value in each row makes an identifier. */
const fewRows = 20

/** Number of words from which on texts are free texts, on average. */
const wordy = 3

const nothing: Guess = { kind: 'ignore', because: 'no value' }
const constant: Guess = { kind: 'ignore', because: 'one value only' }
const dates = (format: string): Guess => ({
  kind: 'ignore',
  because: `dates; if they count, tell their kind as { kind: 'date', format: ${format} }`,
})
/** Minimum share of dates among at least `fewDates` texts that makes a column one of dates, with other texts in it. */
const mostlyDates = 0.9
const fewDates = 10

const datesBut = (format: DateFormat, text: string): Guess => ({
  kind: 'ignore',
  because: `dates, but for ${JSON.stringify(text)}; if they count, tell their kind as { kind: 'date', format: '${format}' }, and add texts that mean missing to naValues`,
})
const identifier: Guess = { kind: 'ignore', because: 'a different value in each row' }

/** Number of texts whose words are counted. */
const countedTexts = 1000

/** Guesses the kind of a column of texts. */
export function guessTexts(store: TextStore, cells: CellParser): Guess {
  if (store.texts.length === 0) return nothing
  const some = store.texts.slice(0, countedTexts)
  const isWordy = some.reduce((n, text) => n + text.split(/\s+/).length, 0) >= wordy * some.length
  const { texts, present: rows } = store
  if (texts.length === 1 && rows === store.length) return constant
  if (isWordy && texts.length > rows / 20) return { kind: 'text' }
  const all = (kind: ColumnKind, format?: DateFormat): boolean => {
    const { parse } = parserOf({ kind, ...(format && { format }) }, cells)
    return texts.every((text) => parse(text) !== undefined)
  }
  if (texts.length === 2 && texts.every((text) => booleans.has(text.toLowerCase())))
    return { kind: 'boolean' }
  if (all('number') && isNumeric(texts, cells)) return { kind: 'number' }
  if (all('date')) return { kind: 'date' }
  const formats = (['dmy', 'mdy'] as const).filter((format) => all('date', format))
  if (formats.length > 0) return dates(formats.map((format) => `'${format}'`).join(' or '))
  const distinct = store.areDistinct ? texts : [...new Set(texts)]
  for (const format of ['ymd', 'dmy', 'mdy'] as const) {
    const { parse } = parserOf({ kind: 'date', format }, cells)
    const others = distinct.filter((text) => parse(text) === undefined)
    const isMostly = distinct.length >= fewDates && others.length < (1 - mostlyDates) * distinct.length
    if (isMostly) return datesBut(format, others[0]!)
  }
  return distinct.length === rows && rows >= fewRows ? identifier : { kind: 'category' }
}

/** Guesses the kind of a column of numbers, of which a missing one is NaN. */
export function guessNumbers(name: string, numbers: Float64Array): Guess {
  const isWhole = !hasMissing(numbers)
  const present = isWhole ? numbers : numbers.filter((number) => !Number.isNaN(number))
  const [first] = present
  if (first === undefined) return nothing
  if (isWhole && present.every((number) => number === first)) return constant
  if (present.every((number) => number === 0 || number === 1)) return { kind: 'boolean' }
  return isIdentifier(name, present) ? identifier : { kind: 'number' }
}

function hasMissing(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (Number.isNaN(numbers[i])) return true
  return false
}

/** Whether integers count the rows, or are all different in a column that is named as an identifier. */
function isIdentifier(name: string, numbers: Float64Array): boolean {
  if (numbers.length < fewRows || !numbers.every(Number.isInteger as (n: number) => boolean)) return false
  if (numbers.every((number, i) => number === numbers[0]! + i)) return true
  return /(?:^|[^a-zA-Z])[iI][dD]$|[a-z]I[dD]$/.test(name) && new Set(numbers).size === numbers.length
}
