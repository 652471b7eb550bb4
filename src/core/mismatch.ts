import { ArgumentError, FormatError } from './errors.ts'

/** Returns the error for an invalid argument: `who: wanted X, got Y; do Z`. */
export const mismatch = (who: string, wanted: string, got: unknown, fix?: string): ArgumentError =>
  new ArgumentError(`${who}: wanted ${wanted}, got ${showValue(got)}${fix === undefined ? '' : `; ${fix}`}`)

/**
 * Checks that an argument is an object that has the fields named in `fields`.
 *
 * @param wanted description of such objects in the error: `a schedule`
 */
export function checkFields(who: string, wanted: string, value: unknown, ...fields: readonly string[]): void {
  const isObject = Object(value) === value
  if (isObject && fields.every((field) => (value as Record<string, unknown>)[field] !== undefined)) return
  const got =
    isObject && typeof value !== 'function' && !Array.isArray(value) ? 'another object' : showValue(value)
  throw new ArgumentError(`${who}: wanted ${wanted}, got ${got}`)
}

/** @throws {ArgumentError} unless an argument is the path of a folder. */
export function checkFolder(who: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw mismatch(who, 'the path of a folder as a text', value)
}

/** Returns the error for a malformed file or text: `name: wanted X, got Y; do Z`. */
export const malformed = (name: string, wanted: string, got: string | number, fix?: string): FormatError =>
  new FormatError(`${name}: wanted ${wanted}, got ${got}${fix === undefined ? '' : `; ${fix}`}`)

/** Maximum number of names listed in an error message. */
const mostShown = 100

/**
 * Returns the error for an unknown name `got`; its message suggests the most similar of the valid `names`.
 *
 * @param taken names that are used already, which are not suggested
 */
export function unknownName(
  who: string,
  names: readonly string[],
  got: string,
  what = '',
  taken: readonly unknown[] = [],
): ArgumentError {
  if (names.length === 0) return new ArgumentError(`${who}: wanted no options, got ${got}`)
  const near = nearest(
    got,
    names.filter((name) => !taken.includes(name)),
  )
  const fix = near === undefined ? '' : `; did you mean ${near}?`
  return new ArgumentError(`${who}: wanted ${what}one of ${listed(names)}, got ${got}${fix}`)
}

/**
 * Returns the error for a table without a column that is needed; its message suggests the most similar other column.
 *
 * @param got names of the table's columns
 * @param needed names of all columns that are needed, which are not suggested
 * @param reader what reads the column: `the model`
 */
export function columnAbsent(
  who: string,
  name: string,
  got: readonly string[],
  needed: readonly string[],
  reader = 'the model',
): ArgumentError {
  const others = got.filter((one) => !needed.includes(one))
  const near = nearest(name, others)
  const fix = near === undefined ? '' : `; did you mean ${near}?`
  const wanted = `a column ${name}, which ${reader} reads`
  return new ArgumentError(`${who}: wanted ${wanted}, got ${listed(got)}${fix}`)
}

const listed = (names: readonly string[]): string =>
  (names.length <= mostShown
    ? names
    : [...names.slice(0, mostShown), `${names.length - mostShown} more`]
  ).join(', ')

/** Formats a value for an error message: as JSON, truncated to 60 characters; a function as `a function`. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'spec' in value ? 'a schedule' : 'a function'
  if (typeof value === 'string') return shorten(JSON.stringify(value))
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return shorten(JSON.stringify(value, (_, v) => (typeof v === 'function' ? showValue(v) : v)))
  } catch {
    return 'an object'
  }
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

/** Returns the name with the least edit distance to `word`; undefined if `word` is not a likely typo. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const most = 1 + word.length / 3
  const [best] = names
    .map((name) => ({ name, edits: edits(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  return best && best.edits <= most ? best.name : undefined
}

/** Returns the Levenshtein distance between two texts. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
