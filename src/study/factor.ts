import { ArgumentError } from '../core/errors.ts'
import { isJson } from '../core/json.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, choice, integer, number, type OptionsOf, readOptions, required } from '../core/options.ts'
import type { Settings, Value } from './trial.ts'

/** The values that a study tries for one setting: a list, or numbers from a range. */
export type Factor = readonly Value[] | FactorRange

/** Maximum number of values in a range. */
const mostValues = 10_000

const range = {
  /** Lower end of the range. */
  from: required(number()),
  /** Upper end of the range. */
  to: required(number()),
  /** `linear`: equal steps between values; `log`: equal ratios. @default `log` for `lr`, else `linear` */
  scale: choice(['linear', 'log']),
  /** Number of values, evenly spaced on `scale`, ends included. If omitted, any value in between may be drawn. */
  count: integer({ min: 2, limit: mostValues }),
  /** Distance between neighbouring values, starting at `from`; requires the scale `linear`, excludes `count`. */
  step: number({ above: 0 }),
  /** Whether to try whole numbers only. @default true if the setting requires them, as `batchSize` does */
  integer: boolean(),
}

export interface FactorRange extends OptionsOf<typeof range> {}

/** The factors of a study: maps the path of each setting to vary, as in `--set path=value`, to its values. */
export type Factors = Readonly<Record<string, Factor>>

const isList = (factor: Factor): factor is readonly Value[] => Array.isArray(factor)

/**
 * Returns the values of a factor in order; undefined for a range with neither count nor step, which has no
 * fixed values. A range of whole numbers has fewer than `count` values where several round to the same number.
 */
export function factorValues(path: string, factor: Factor): readonly Value[] | undefined {
  if (isList(factor)) return factor
  const { from, to, count, step, integer = false } = factor
  if (step !== undefined) {
    const last = Math.floor((to - from) / step + 1e-9)
    return Array.from({ length: last + 1 }, (_, i) => readable(from + i * step, integer))
  }
  if (count === undefined) return undefined
  const values = Array.from({ length: count }, (_, i) => between(path, factor, i / (count - 1)))
  return [...new Set(values)]
}

/**
 * Returns the value of a factor at a position in [0, 1). For a list, each value occupies an equal part of [0, 1). A
 * range is interpolated on its scale; if it contains whole numbers only, these also occupy equal parts (on the scale
 * `log`, parts of equal width in the logarithm).
 */
export function factorValueAt(path: string, factor: Factor, at: number): Value {
  const values = factorValues(path, factor)
  if (values) return values[Math.floor(at * values.length)]!
  const range = factor as FactorRange
  if (range.integer !== true) return between(path, range, at)
  const { from, to } = range
  const value = between(path, { ...range, from: from - 0.5, to: to + 0.5, integer: false }, at)
  return Math.min(to, Math.max(from, Math.round(value)))
}

function between(path: string, factor: FactorRange, at: number): number {
  const { from, to, scale = scaleOf(path), integer = false } = factor
  return readable(scale === 'log' ? from * (to / from) ** at : from + (to - from) * at, integer)
}

/** Rounds a value to few digits, so that it is readable and identical on every machine. */
const readable = (value: number, isWhole: boolean): number =>
  isWhole ? Math.round(value) : Number(value.toPrecision(6))

const scaleOf = (path: string): 'linear' | 'log' =>
  path === 'lr' || path === 'optimizer.lr' ? 'log' : 'linear'

/** Returns the number of combinations of the factors' values; Infinity if a factor is a continuous range. */
export function combinationsOf(factors: Factors): number {
  const sizes = Object.entries(factors).map(([path, factor]) => {
    const values = factorValues(path, factor)
    if (values !== undefined) return values.length
    const { from, to, integer } = factor as FactorRange
    return integer ? to - from + 1 : Infinity
  })
  return sizes.reduce((product, size) => product * size, 1)
}

/**
 * Returns the factors with `integer` set for each range whose setting accepts only whole numbers.
 *
 * @param takes returns whether the setting at `path` accepts `value`
 */
export const withIntegers = (factors: Factors, takes: (path: string, value: number) => boolean): Factors =>
  Object.fromEntries(
    Object.entries(factors).map(([path, factor]) => {
      if (isList(factor) || factor.integer !== undefined) return [path, factor]
      const { from, to } = factor
      const isWhole =
        Number.isInteger(from) && Number.isInteger(to) && takes(path, from) && !takes(path, from + 0.5)
      return [path, isWhole ? { ...factor, integer: true } : factor]
    }),
  )

/**
 * Lists all combinations, the last factor varying fastest. @throws {ArgumentError} when a range has no count or step.
 */
export const combinations = (factors: Factors): Settings[] =>
  Object.entries(factors).reduce<Settings[]>(
    (before, [path, factor]) => {
      const values = factorValues(path, factor)
      if (values === undefined) throw mismatch('study', `factors.${path}.count for a grid`, undefined)
      return before.flatMap((settings) => values.map((value) => ({ ...settings, [path]: value })))
    },
    [{}],
  )

/** Maps each setting that a study cannot vary to advice, for the error message, on what to use instead. */
const reserved: Readonly<Record<string, string>> = {
  seed: 'use seeds',
  steps: "use the study's steps",
  epochs: "use the study's steps",
  monitor: 'use metric',
  log: 'use watch',
}

/** Checks the factors. @throws {ArgumentError} naming the first invalid factor, and why it is invalid. */
export function checkFactors(factors: Readonly<Record<string, unknown>>): Factors {
  const paths = Object.keys(factors)
  if (paths.length === 0) throw mismatch('study', 'one factor or more', factors)
  for (const path of paths) {
    if (Object.hasOwn(reserved, path)) {
      throw new ArgumentError(`study: wanted no factor ${path}, got one; ${reserved[path]}`)
    }
    const factor = factors[path]
    if (Array.isArray(factor)) checkList(path, factor)
    else checkRange(path, factor)
  }
  return factors as Factors
}

function checkList(path: string, values: readonly unknown[]): void {
  const check = (ok: boolean, wanted: string, got: unknown): void => {
    if (!ok) throw mismatch('study', `factors.${path} as ${wanted}`, got)
  }
  check(values.length > 0, '1 or more values', values)
  for (const value of values) {
    check(isJson(value), 'values of JSON', value)
    if (path === 'lr') check(typeof value === 'number' && value > 0, 'numbers above 0', value)
    if (path === 'schedule') check(typeof value === 'string', 'names or templates', value)
  }
  const distinct = new Set(values.map((value) => JSON.stringify(value)))
  check(distinct.size === values.length, 'values that differ', values)
}

function checkRange(path: string, value: unknown): void {
  const who = `study: factors.${path}`
  if (typeof value !== 'object' || value === null || path === 'schedule') {
    const wanted = path === 'schedule' ? 'a list of names or templates' : 'a list of values, or { from, to }'
    throw mismatch('study', `factors.${path} as ${wanted}`, value)
  }
  const { from, to, scale = scaleOf(path), count, step, integer } = readOptions(who, range, value)
  if (!(from < to)) throw mismatch(who, 'from below to', [from, to])
  if (step !== undefined && count !== undefined) throw mismatch(who, 'count or step, not both', [count, step])
  if (step !== undefined && scale === 'log') throw mismatch(who, "step with the scale 'linear'", scale)
  if (step !== undefined && (to - from) / step >= mostValues)
    throw mismatch(who, `step of at most ${mostValues} values from ${from} to ${to}`, step)
  if (integer && ![from, to, step ?? 1].every(Number.isInteger))
    throw mismatch(who, 'from, to and step as integers', [from, to, ...(step === undefined ? [] : [step])])
  if ((scale === 'log' || path === 'lr') && from <= 0) throw mismatch(who, 'from above 0', from)
}
