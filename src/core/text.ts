/**
 * Numbers and lists as people read them. Every command, report and sentence takes its digits from here.
 */

/**
 * A number in at most so many significant digits: `0.1`, `97.8`, `4096`, `2.1e-16`. Integers below 100,000 keep
 * all of theirs; a power of ten takes the room of one digit.
 */
export function figure(value: number, digits = 3): string {
  const text = significant(value, digits)
  return text.includes('e') ? text : String(Number(text))
}

/** As `figure`, but with its trailing zeros, so that a column lines up: `0.1000`, `0.9753`. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const text = value.toExponential(Math.max(0, digits - 2))
    return text.replace(/\.?0+e/, 'e').replace('e+', 'e')
  }
  return size >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits)
}

/** Stands in place of a number that is missing or not finite. */
export const dash = '–'

/** A share of 1 as a percentage: `97.8 %`, or with fixed decimals `97.81 %`. */
export function percent(share: number, decimals?: number): string {
  if (!Number.isFinite(share)) return dash
  return `${decimals === undefined ? figure(100 * share) : (100 * share).toFixed(decimals)} %`
}

/** A count in groups of three digits, rounded: `12,345`. */
export const count = (value: number): string =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : dash

/** A count with its noun: `1 seed`, `3 seeds`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`

/** Seconds as `12.3 s`, `5 min` or `2 h 3 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return dash
  if (seconds < 60) return `${figure(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Items in a sentence: `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[], last: 'and' | 'or' = 'and'): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`
