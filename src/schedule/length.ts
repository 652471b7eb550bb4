/** Lengths in schedules: numbers of steps, or fractions of a run whose length is known later. */
import type { Bounds } from '../core/bounds.ts'
import { mismatch } from '../core/mismatch.ts'
import { integer, number, type Option } from '../core/options.ts'

/** A fraction of a run, as text: `'5%'` is a twentieth of the run's steps. */
export type Percent = `${number}%`

/**
 * A number of steps, a percentage of the run, or `'rest'`: all steps that the other lengths of the schedule leave,
 * up to the next schedule or the end of the run.
 */
export type StepCount = number | Percent | 'rest'

/** The part of a run that a schedule covers. */
export interface Stretch {
  /** Number of steps of the whole run, to which percentages refer. */
  readonly run: number
  /** Step of the run at which the schedule begins: its step 0. */
  readonly from: number
  /** Step of the run at which the next schedule takes over, or the run ends. */
  readonly until: number
}

/** Returns the stretch that is a whole run of `steps` steps. */
export const wholeRun = (steps: number): Stretch => ({ run: steps, from: 0, until: steps })

/** Returns the number of a percentage: 5 for `'5%'`; undefined for any other value. */
export function percentIn(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? /^(-?(?:\d+\.?\d*|\.\d+))%$/.exec(value)?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}

/** Whether a value is a length that depends on the length of the run: a percentage or `'rest'`. */
export const isFraction = (value: unknown): value is Percent | 'rest' =>
  value === 'rest' || percentIn(value) !== undefined

/** Returns a length in steps: p % of a run of n steps is p · n / 100 steps, not rounded. */
export function stepsIn({ run, from, until }: Stretch, length: Percent | 'rest'): number {
  if (length !== 'rest') return (percentIn(length)! * run) / 100
  return until > from ? until - from : 1 // a schedule that begins after the end has no values anyway
}

/** Declares an option that is a number of steps within bounds, a percentage of the run, or `'rest'`. */
export const steps = <F extends number | undefined = undefined>(
  bounds: Bounds,
  fallback?: F,
): Option<StepCount, StepCount | F> => orFraction(number(bounds, fallback), bounds)

/** Declares an option that is a whole number of steps, a percentage of the run, or `'rest'`. */
export const wholeSteps = <F extends number | undefined = undefined>(
  bounds: Bounds,
  fallback?: F,
): Option<StepCount, StepCount | F> => orFraction(integer(bounds, fallback), bounds)

const percentPattern = '^-?([0-9]+\\.?[0-9]*|\\.[0-9]+)%$'

/** Returns the option, but also accepting fractions of the run; it accepts 0 % only if it accepts 0 steps. */
function orFraction<F extends number | undefined>(
  option: Option<number, number | F>,
  { min = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY }: Bounds,
): Option<StepCount, StepCount | F> {
  const isPositive = above >= 0 || min > 0
  const fits = (percent: number): boolean => (isPositive ? percent > 0 : min < 0 || percent >= 0)
  return {
    ...option,
    wanted: `${option.wanted} or a percentage of the run`,
    json: { anyOf: [option.json, { type: 'string', pattern: percentPattern }, { const: 'rest' }] },
    read(who, name, value) {
      if (value === 'rest') return value
      const percent = percentIn(value)
      if (percent === undefined) return option.read.call(this as never, who, name, value)
      if (fits(percent)) return value as Percent
      throw mismatch(who, `${name} as ${this.wanted}`, value)
    },
  }
}
