import { ArgumentError, FormatError } from './errors.ts'

/** The error of every refused argument: `who: wanted X, got Y; do Z`. */
export function mismatch(who: string, wanted: string, got: unknown, fix?: string): ArgumentError {
  return new ArgumentError(
    `${who}: wanted ${wanted}, got ${showValue(got)}${fix === undefined ? '' : `; ${fix}`}`,
  )
}

/** The error of every malformed file or text: `name: wanted X, got Y; do Z`. */
export const malformed = (name: string, wanted: string, got: string | number, fix?: string): FormatError =>
  new FormatError(`${name}: wanted ${wanted}, got ${got}${fix === undefined ? '' : `; ${fix}`}`)

/** The error of a name that is not one of `names`; suggests the nearest one. */
export function unknownName(who: string, names: readonly string[], got: string, what = ''): ArgumentError {
  if (names.length === 0) return new ArgumentError(`${who}: wanted no options, got ${got}`)
  const near = nearest(got, names)
  const fix = near === undefined ? '' : `; did you mean ${near}?`
  return new ArgumentError(`${who}: wanted ${what}one of ${names.join(', ')}, got ${got}${fix}`)
}

/**
 * Checks the names of options.
 *
 * @throws {ArgumentError} when one is not in `known`, which has every name of their type.
 */
export function checkKnown<O extends object>(
  who: string,
  options: O,
  known: { readonly [name in keyof Required<NoInfer<O>>]: true },
): void {
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (stranger !== undefined) throw unknownName(who, Object.keys(known), stranger)
}

/** A value in an error message: numbers and text as they are written, the rest in a word or two. */
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

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** The name with the fewest edits from `word`, if these are few enough to be a slip. */
function nearest(word: string, names: readonly string[]): string | undefined {
  const slip = 1 + word.length / 3
  const ranked = names
    .map((name) => ({ name, edits: edits(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= slip ? best.name : undefined
}

/** Levenshtein's distance, one row at a time. */
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
