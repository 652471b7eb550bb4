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
  const [y, m, d] = places[format]
  const [year, month, date] = [Number(found[y]), Number(found[m]), Number(found[d])]
  const midnight = Date.UTC(year, month - 1, date) / day
  if (!isDateOf(midnight, month, date)) return undefined
  if (found[4] === undefined) return midnight
  const [hour, minute, second] = [Number(found[4]), Number(found[5]), Number(found[6] ?? 0)]
  if (hour > 23 || minute > 59 || second >= 61) return undefined
  return midnight + (hour * 60 + minute - offsetOf(found[7])) / 1440 + second / 86_400
}

/** Whether a day is the date that was asked for, rather than one that `Date.UTC` found instead. */
function isDateOf(midnight: number, month: number, date: number): boolean {
  if (date > 0 && date < 29 && month > 0 && month < 13) return true
  const found = new Date(midnight * day)
  return found.getUTCMonth() === month - 1 && found.getUTCDate() === date
}

/** Groups of the regular expressions that are year, month and day of the month. */
const places: Readonly<Record<DateFormat, readonly [year: number, month: number, day: number]>> = {
  ymd: [1, 2, 3],
  dmy: [3, 2, 1],
  mdy: [3, 1, 2],
}

/** Returns the days since 1970 of the first day of a year of the Gregorian calendar. */
const startOf = (year: number): number => {
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  return 365 * (year - 1970) + leapDays - 477 // as many leap days lie before 1970
}

/** Returns the year of a day, given as days since 1970, which takes a third of the time of asking a `Date`. */
function yearOf(midnight: number): number {
  const near = 1970 + Math.floor(midnight / 365.2425)
  if (midnight < startOf(near)) return near - 1
  return midnight < startOf(near + 1) ? near : near + 1
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
  const midnight = Math.floor(days)
  const year = yearOf(midnight)
  const start = startOf(year)
  const length = startOf(year + 1) - start
  // 1970-01-01 was a Thursday; the week starts on Monday.
  const shares = [(midnight - start) / length, ((((midnight + 3) % 7) + 7) % 7) / 7, days - midnight]
  for (let i = 0; i < (clock ? 3 : 2); i++) {
    out[at + 2 * i] = Math.sin(2 * Math.PI * shares[i]!)
    out[at + 2 * i + 1] = Math.cos(2 * Math.PI * shares[i]!)
  }
}
