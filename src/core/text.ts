// Formats numbers and lists for people: every command, report and message rounds as these functions do.

/**
 * Formats a number with at most `digits` significant digits: `0.1`, `97.8`. Scientific notation has one digit
 * fewer, as in `2.1e-16`; integers below 100,000 keep all digits, as in `4096`.
 */
export function figure(value: number, digits = 3): string {
  const text = significant(value, digits)
  return text.includes('e') ? text : String(Number(text))
}

/** Formats a number with `digits` significant digits, trailing zeros included, to align columns: `0.100`. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) {
    const text = value.toExponential(Math.max(0, digits - 2))
    return text.replace(/\.?0+e/, 'e').replace('e+', 'e')
  }
  return magnitude >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits)
}

/** Text shown in place of a number that is missing or not finite. */
export const dash = '–'

/** Formats a fraction as a percentage: 0.978 as `97.8 %`, or with `decimals` = 2 as `97.80 %`. */
export function percent(share: number, decimals?: number): string {
  if (!Number.isFinite(share)) return dash
  return `${decimals === undefined ? figure(100 * share) : (100 * share).toFixed(decimals)} %`
}

/**
 * Formats a number, rounded to an integer, with commas between thousands: `12,345`. Avoids `toLocaleString`,
 * which first loads locale data and so takes a tenth of a command's start-up time.
 */
export const count = (value: number): string =>
  Number.isFinite(value) ? String(BigInt(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, ',') : dash

/** Formats a count with its noun, to which a plural `s` is added unless the count is 1: `1 seed`, `3 seeds`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`

/** Formats a duration given in seconds: `12.3 s`, `5 min` or `2 h 3 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return dash
  if (seconds < 60) return `${figure(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Joins items into an enumeration: `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[], last: 'and' | 'or' = 'and'): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`

/**
 * Matches characters that a terminal or a web page interprets instead of showing them: control characters other
 * than tab and line feed, line separators, and characters that change the direction of the text after them;
 * also code points that are not characters.
 */
const obeyed =
  /(?![\t\n])[\p{Control}\p{Surrogate}\p{Noncharacter_Code_Point}\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** Returns a text with invisible characters escaped: `\u001b` for an escape, `\u202e` for an override. */
export const visible = (text: string): string =>
  text.replace(obeyed, (character) => {
    const units = [...Array(character.length).keys()].map((i) => character.charCodeAt(i))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
