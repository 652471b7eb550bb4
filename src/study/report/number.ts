import type { Estimate } from '../analysis/findings.ts'

/** What stands where there is no number. */
export const dash = '–'

/** A number with so many significant digits, in powers of ten when very small or large; a dash when not finite. */
export function significant(value: number | undefined, digits = 4): string {
  if (value === undefined || !Number.isFinite(value)) return dash
  const size = Math.abs(value)
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5)
      ? value.toExponential(digits - 1).replace(/\.?0+e/, 'e')
      : value.toPrecision(digits).includes('e')
        ? value.toFixed(0)
        : value.toPrecision(digits)
  return signed(text.replace('e+', 'e'))
}

/** A number as it was set: 0.1, 0.003, 64. */
export function plain(value: number): string {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return String(value)
  const short = Number(value.toPrecision(6))
  return signed(
    size !== 0 && (size < 1e-4 || size >= 1e6) ? short.toExponential().replace('e+', 'e') : String(short),
  )
}

/** A number with so many decimals. */
export function fixed(value: number, decimals: number): string {
  return Number.isFinite(value) ? signed(value.toFixed(decimals)) : dash
}

/** A share of 1, in percent. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${signed((100 * share).toFixed(1))} %` : dash
}

/** A count, in groups of three digits. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return dash
  return signed(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','))
}

/** The probability of a test. */
export function probability(p: number): string {
  if (!Number.isFinite(p)) return dash
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return dash
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The ends of an interval; a dash where one seed gives none. */
export function interval({ interval: ends }: Pick<Estimate, 'interval'>, digits = 4): string {
  if (ends === undefined) return dash
  const [low, high] = ends
  return `${significant(low, digits)} to ${significant(high, digits)}`
}

function signed(text: string): string {
  return text.replace(/-/g, '−')
}
