import { ArgumentError } from './errors.ts'

/**
 * Bounds of a number: `min` and `max` are inclusive, `above` and `below` exclusive. An infinite `min` or `max`
 * permits that infinity as a value.
 */
export interface Bounds {
  readonly min?: number
  readonly above?: number
  readonly max?: number
  readonly below?: number
  /** Greatest plausible value: greater ones are refused, but errors about other values do not mention it. */
  readonly limit?: number
}

/** Whether a number is within bounds. */
export const isWithin = ({ min = -Infinity, above, max = Infinity, below }: Bounds, value: number): boolean =>
  value >= min &&
  value <= max &&
  (above === undefined || value > above) &&
  (below === undefined || value < below)

/** Formats bounds for a message: ` from 0 to 1`, ` ≥ 0 and < 1` or ` > 0`; `''` if there are none. */
export function boundsText({ min, above, max, below }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  const limits = Object.entries({ '≥': min, '>': above, '≤': max, '<': below })
  const shown = limits.flatMap(([sign, limit]) => (limit === undefined ? [] : [` ${sign} ${limit}`]))
  return shown.join(' and')
}

type MaybeScheduled = number | ((step: number) => number)

/** Returns `value`. @throws {ArgumentError} naming `name` and `step`, when `value` is NaN or infinite */
export function finiteAt(name: string, value: number, step: number): number {
  if (Number.isFinite(value)) return value
  throw new ArgumentError(`${name}: wanted a finite number at step ${step}, got ${value}; see its schedule`)
}

/** Returns `value`; a schedule is wrapped so that it throws, naming `name` and the step, when out of bounds. */
export function bounded(value: MaybeScheduled, name: string, bounds: Bounds): MaybeScheduled {
  return typeof value === 'number' ? value : (step) => boundedAt(name, value(step), step, bounds)
}

/** Returns `value`, a schedule's value at `step`. @throws {ArgumentError} when it is outside of the bounds. */
export function boundedAt(name: string, value: number, step: number, bounds: Bounds): number {
  const { min = -Infinity, max = Infinity } = bounds
  const rounded = Math.max(min, Math.min(max, value)) // a curve may round to a little more than its end
  if (Number.isNaN(value) || isWithin(bounds, Math.abs(rounded - value) < 1e-12 ? rounded : value))
    return value
  const fix = 'see its schedule'
  throw new ArgumentError(
    `${name}: wanted a number${boundsText(bounds)} at step ${step}, got ${value}; ${fix}`,
  )
}

/** Returns `value`; a schedule is wrapped so that it throws, naming `name` and the step, outside 0 … 1. */
export const fraction = (value: MaybeScheduled, name: string): MaybeScheduled =>
  bounded(value, name, { min: 0, max: 1 })
