import type { DateFormat } from './encoding.ts'

const time = '(?:[T ](\\d{1,2}):(\\d{2})(?::(\\d{2}(?:\\.\\d+)?))? ?(Z|[+-]\\d{2}:?\\d{2})?)?'
const [four, two] = ['(\\d{4})', '(\\d{1,2})']
const yearFirst = new RegExp(`^${four}[-/.]${two}[-/.]${two}${time}$`)
const yearLast = new RegExp(`^${two}[-/.]${two}[-/.]${four}${time}$`)

/** Number of milliseconds in a day. */
const day = 86_400_000

/**
 * Returns the days since 1970 of a date, such as `2024-02-29`, `29.2.2024` or `2024-02-29T12:30:00+01:00`; undefined if
 * the text is no date. A time without a zone is in UTC.
 *
 * @param format order of the date's parts
 */
export function parseDate(text: string, format: DateFormat): number | undefined {
  const found = (format === 'ymd' ? yearFirst : yearLast).exec(text)
  if (!found) return undefined
  const [a, b, c, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as number[]
  const [year, month, date] = format === 'ymd' ? [a, b, c] : format === 'dmy' ? [c, b, a] : [c, a, b]
  const midnight = Date.UTC(year!, month! - 1, date)
  const isDate = new Date(midnight).getUTCMonth() === month! - 1 && new Date(midnight).getUTCDate() === date
  if (!isDate || hour! > 23 || minute! > 59 || second! >= 61) return undefined
  return midnight / day + (hour! * 60 + minute! - offsetOf(found[7])) / 1440 + second! / 86_400
}

/** Returns a zone's offset from UTC in minutes. */
function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

/** Returns the days since 1970 of a `Date`; undefined if it is invalid. */
export const daysOf = (date: Date): number | undefined => (Number.isNaN(+date) ? undefined : +date / day)

/**
 * Writes the angles of a date as sines and cosines: its place in the year, in the week and, if `clock`, in the day.
 *
 * @param days days since 1970
 */
export function writeAngles(days: number, clock: boolean, out: Float32Array, at: number): void {
  const date = new Date(days * day)
  const start = Date.UTC(date.getUTCFullYear()) / day
  const length = Date.UTC(date.getUTCFullYear() + 1) / day - start
  const midnight = Math.floor(days)
  // 1970-01-01 was a Thursday; the week starts on Monday.
  const shares = [(midnight - start) / length, ((((midnight + 3) % 7) + 7) % 7) / 7, days - midnight]
  for (let i = 0; i < (clock ? 3 : 2); i++) {
    out[at + 2 * i] = Math.sin(2 * Math.PI * shares[i]!)
    out[at + 2 * i + 1] = Math.cos(2 * Math.PI * shares[i]!)
  }
}
