import { mismatch, unknownName } from '../core/mismatch.ts'
import * as schedule from '../schedule/index.ts'

/** What an option may be. `wanted` completes the sentence `wanted NAME as …`. */
export interface Option {
  readonly wanted: string
  readonly ok: (value: unknown) => boolean
  /** Whether it may follow a schedule. */
  readonly scheduled?: true
}

const between = (value: unknown, low: number, high: number): boolean =>
  typeof value === 'number' && value >= low && value < high

/** A number ≥ 0, or a schedule of it. */
export const rate: Option = {
  wanted: 'a number ≥ 0 or a schedule',
  ok: (value) => typeof value === 'function' || between(value, 0, Number.POSITIVE_INFINITY),
  scheduled: true,
}

/** The weight of the old in an average, 0 to 1 without 1, or a schedule of it. */
export const decay: Option = {
  wanted: 'a number from 0 to 1 without 1, or a schedule',
  ok: (value) => typeof value === 'function' || between(value, 0, 1),
  scheduled: true,
}

/** Any finite number. */
export const number: Option = { wanted: 'a number', ok: Number.isFinite }

/** A number ≥ 0. */
export const positive: Option = {
  wanted: 'a number ≥ 0',
  ok: (value) => between(value, 0, Number.POSITIVE_INFINITY),
}

/** A number > 0. */
export const above: Option = {
  wanted: 'a number > 0',
  ok: (value) => between(value, Number.MIN_VALUE, Number.POSITIVE_INFINITY),
}

/** A number > 0, or a schedule of it. */
export const threshold: Option = {
  wanted: 'a number > 0 or a schedule',
  ok: (value) => typeof value === 'function' || above.ok(value),
  scheduled: true,
}

/** An integer from `low` on. */
export const integer = (low: number): Option => ({
  wanted: `an integer ≥ ${low}`,
  ok: (value) => Number.isInteger(value) && (value as number) >= low,
})

/** One of these texts. */
export const oneOf = (...names: readonly string[]): Option => ({
  wanted: names.map((name) => `'${name}'`).join(' or '),
  ok: (value) => names.includes(value as string),
})

/** A regular expression, as a text. */
export const expression: Option = { wanted: 'a regular expression', ok: isExpression }

function isExpression(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value) !== undefined
  } catch {
    return false
  }
}

/** true or false. */
export const flag: Option = { wanted: 'true or false', ok: (value) => typeof value === 'boolean' }

/** What each option may be. */
export type Options = Readonly<Record<string, Option>>

/** A table's options with each schedule's spec or text made a schedule; the rest as it is. */
export const withSchedules = (table: Options, options: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const scheduled = Object.hasOwn(table, name) && table[name]!.scheduled
      return [name, scheduled && isSpec(value) ? schedule.parse(value) : value]
    }),
  )

const isSpec = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null) || typeof value === 'string'

/**
 * @throws {ArgumentError} naming the first option that is unknown, wrong or, when in `required`, missing.
 */
export function checkOptions(
  who: string,
  table: Options,
  options: Readonly<Record<string, unknown>>,
  required: readonly string[],
): void {
  for (const [name, value] of Object.entries(options)) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined
    if (!option) throw unknownName(who, Object.keys(table), name)
    if (!option.ok(value)) throw mismatch(who, `${name} as ${option.wanted}`, value)
  }
  const missing = required.find((name) => options[name] === undefined)
  if (missing !== undefined) throw mismatch(who, `${missing} as ${table[missing]!.wanted}`, undefined)
}
