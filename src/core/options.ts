/**
 * Declares each option once: its permitted values and its default. The TypeScript type, the check, the error
 * message and the default follow from the declaration; its comment appears in editors, in the JSON Schema and
 * in the docs.
 *
 *     const options = {
 *       /** Weight of the previous direction. @default 0.9 *\/
 *       momentum: number({ min: 0, below: 1 }, 0.9),
 *     }
 *     export interface SgdOptions extends OptionsOf<typeof options> {}
 */

import { mismatch, unknownName } from './mismatch.ts'
import { listed } from './text.ts'

type Json = Readonly<Record<string, unknown>>
type Test = (value: unknown) => boolean

/** Declaration of an option. `Given` is the type that callers pass, `Read` the type after checking. */
export interface Option<Given, Read = Given> {
  /** Describes the permitted values in errors, after `wanted NAME as`: `a positive integer`. */
  readonly wanted: string
  /** Default of the option. */
  readonly fallback?: Read | undefined
  /** JSON Schema of the value; absent if the value cannot be written in JSON. */
  readonly json?: Json
  /** Checks and returns a value. @throws {ArgumentError} `who: wanted NAME as …, got …` */
  read(who: string, name: string, value: unknown): Read
  /** Whether a schedule is permitted too. */
  readonly scheduled?: true
  /** Never set: it only carries the type `Given`. */
  readonly given?: Given
}

/** An option without a default, which callers must pass. */
export interface RequiredOption<Given, Read = Given> extends Option<Given, Read> {
  readonly required: true
}

/** Declared options, by name. */
export type Declared = Readonly<Record<string, Option<unknown, unknown>>>

type GivenOf<O> = O extends { readonly given?: infer Given } ? Exclude<Given, undefined> : never
type ReadOf<O> = O extends { read(...args: never[]): infer Read } ? Read : never
type RequiredNames<D> = { [K in keyof D]: D[K] extends { readonly required: true } ? K : never }[keyof D]

/** Type of the options object that callers pass. */
export type OptionsOf<D> = {
  readonly [K in keyof D as K extends RequiredNames<D> ? K : never]: GivenOf<D[K]>
} & { readonly [K in keyof D as K extends RequiredNames<D> ? never : K]?: GivenOf<D[K]> }

/** The same options, with `undefined` permitted as a value. */
export type Undefinable<Options> = { readonly [K in keyof Options]: Options[K] | undefined }

/** Type of the options after checking, with defaults filled in. */
export type ValuesOf<D> = { readonly [K in keyof D]: ReadOf<D[K]> }

/** Type of options without those that are undefined. */
export type Present<V> = { readonly [K in keyof V as undefined extends V[K] ? never : K]: V[K] } & {
  readonly [K in keyof V as undefined extends V[K] ? K : never]?: Exclude<V[K], undefined>
}

/** Removes options that are undefined. */
export const present = <V extends object>(values: V): Present<V> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<V>

/**
 * Checks options and fills in defaults. `undefined` counts as missing.
 *
 * @throws {ArgumentError} naming the first option that is unknown, invalid or missing.
 */
export function readOptions<D extends Declared>(who: string, declared: D, given: unknown = {}): ValuesOf<D> {
  checkNames(who, Object.keys(declared), given)
  return Object.fromEntries(
    Object.entries(declared).map(([name, option]) => {
      const missing = given[name] === undefined && !('required' in option)
      return [name, missing ? option.fallback : option.read(who, name, given[name])]
    }),
  ) as ValuesOf<D>
}

/** Checks the names in an options object. @throws {ArgumentError} naming the first unknown one. */
export function checkNames(
  who: string,
  names: readonly string[],
  given: unknown,
): asserts given is Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw mismatch(who, `options as an object${names.length > 0 ? ` of ${names.join(', ')}` : ''}`, given)
  }
  const stranger = Object.keys(given).find((name) => !names.includes(name))
  if (stranger !== undefined) throw unknownName(who, names, stranger)
}

/** Declares that an option must be passed. */
export const required = <G, R>(option: Option<G, R>): RequiredOption<G, Exclude<R, undefined>> =>
  ({ ...option, required: true }) as RequiredOption<G, Exclude<R, undefined>>

/** Declares a value that passes the test `ok`. @param wanted describes such values, after `wanted NAME as` */
export function custom<T>(wanted: string, ok: Test): Option<T, T | undefined>
export function custom<T>(wanted: string, ok: Test, fallback: T): Option<T>
export function custom<T, F>(wanted: string, ok: Test, fallback?: F, json?: Json): Option<T, T | F>
export function custom<T, F>(wanted: string, ok: Test, fallback?: F, json?: Json): Option<T, T | F> {
  return {
    wanted,
    fallback,
    ...(json && { json }),
    read(who, name, value) {
      if (ok(value)) return value as T
      throw mismatch(who, `${name} as ${wanted}`, value)
    },
  }
}

/** Bounds of a number, `above` and `below` exclusive. An infinite `min` or `max` permits infinite values. */
export interface Bounds {
  readonly min?: number
  readonly above?: number
  readonly max?: number
  readonly below?: number
}

type Default<T> = T | undefined

/** Declares a number within bounds. */
export function number<F extends Default<number> = undefined>(
  bounds: Bounds = {},
  fallback?: F,
): Option<number, number | F> {
  const unbounded = bounds.max === Infinity || bounds.min === -Infinity
  const isOne = unbounded ? (value: unknown) => typeof value === 'number' : Number.isFinite
  return numeric(`a number${boundsText(bounds)}`, 'number', bounds, isOne, fallback)
}

/** Declares an integer within bounds. */
export function integer<F extends Default<number> = undefined>(
  bounds: Bounds = {},
  fallback?: F,
): Option<number, number | F> {
  const wanted =
    bounds.min === 1 && bounds.max === undefined ? 'a positive integer' : `an integer${boundsText(bounds)}`
  return numeric(wanted, 'integer', bounds, Number.isInteger, fallback)
}

function numeric<F extends Default<number>>(
  wanted: string,
  type: string,
  bounds: Bounds,
  isOne: Test,
  fallback: F | undefined,
): Option<number, number | F> {
  const { min, above, max, below } = bounds
  const limits = { minimum: min, exclusiveMinimum: above, maximum: max, exclusiveMaximum: below }
  return {
    wanted,
    fallback,
    json: { type, ...Object.fromEntries(Object.entries(limits).filter(([, n]) => Number.isFinite(n))) },
    read(who, name, value) {
      if (isOne(value) && isWithin(bounds, value as number)) return value as number
      const quoted = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      const fix = quoted ? `write ${Number(value)} without quotes` : undefined
      throw mismatch(who, `${name} as ${wanted}`, value, fix)
    },
  }
}

/** Whether a number is within bounds. */
const isWithin = ({ min = -Infinity, above, max = Infinity, below }: Bounds, value: number): boolean =>
  value >= min &&
  value <= max &&
  (above === undefined || value > above) &&
  (below === undefined || value < below)

/** Formats bounds: ` from 0 to 1`, ` ≥ 0 and < 1`, ` > 0`, or an empty text. */
function boundsText({ min, above, max, below }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  const limits = Object.entries({ '≥': min, '>': above, '≤': max, '<': below })
  const shown = limits.flatMap(([sign, limit]) => (limit === undefined ? [] : [` ${sign} ${limit}`]))
  return shown.join(' and')
}

/** A number, or a function that maps a step (counted from 0) to one, such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** Declares a number or a schedule. The schedule's values are checked at each step rather than here. */
export const scheduled = <R extends number | undefined>(
  option: Option<number, R>,
): Option<Hyperparameter, Hyperparameter | (R extends undefined ? undefined : never)> => ({
  ...option,
  wanted: `${option.wanted} or a schedule`,
  scheduled: true,
  read(who, name, value) {
    if (typeof value === 'function') return value as Hyperparameter
    if (typeof value === 'number') return option.read(who, name, value) as number
    throw mismatch(who, `${name} as ${this.wanted}`, value)
  },
})

/** Declares a value that is true or false. */
export function boolean<F extends Default<boolean> = undefined>(fallback?: F): Option<boolean, boolean | F> {
  const isBoolean: Test = (value) => typeof value === 'boolean'
  return custom<boolean, F>('true or false', isBoolean, fallback, { type: 'boolean' })
}

/** Declares one of several texts. */
export function choice<const C extends string>(choices: readonly C[]): Option<C, C | undefined>
export function choice<const C extends string>(choices: readonly C[], fallback: NoInfer<C>): Option<C>
export function choice<const C extends string>(choices: readonly C[], fallback?: C): Option<C, unknown> {
  const quoted = choices.map((text) => `'${text}'`)
  const isChoice: Test = (value) => choices.some((text) => text === value)
  return custom(listed(quoted, 'or'), isChoice, fallback, { type: 'string', enum: choices })
}

/** Declares a non-empty text. */
export function text<F extends Default<string> = undefined>(fallback?: F): Option<string, string | F> {
  const isText: Test = (value) => typeof value === 'string' && value !== ''
  return custom<string, F>('a text', isText, fallback, { type: 'string', minLength: 1 })
}

/** Declares a list; errors name an invalid item by its index: `steps[1]`. */
export function list<G, R>(item: Option<G, R>): Option<readonly G[], readonly NonNullable<R>[] | undefined> {
  return {
    wanted: `a list, each ${item.wanted}`,
    ...(item.json && { json: { type: 'array', items: item.json } }),
    read(who, name, value) {
      if (!Array.isArray(value)) throw mismatch(who, `${name} as ${this.wanted}`, value)
      return value.map((one, i) => item.read(who, `${name}[${i}]`, one) as NonNullable<R>)
    },
  }
}

/** Declares a function. @param wanted describes it, such as `a function of the step` */
export const callback = <F extends (...args: never[]) => unknown>(wanted: string): Option<F, F | undefined> =>
  custom<F>(wanted, (value) => typeof value === 'function')

/** Declares an object of options, such as `clip: { norm }`; its errors begin `sgd: clip: wanted norm as …`. */
export const nested = <D extends Declared, F extends Present<ValuesOf<D>> | undefined = undefined>(
  declared: D,
  fallback?: F,
): Option<OptionsOf<D>, Present<ValuesOf<D>> | (F extends undefined ? undefined : never)> => ({
  wanted: `an object of ${Object.keys(declared).join(', ')}`,
  ...(fallback && { fallback }),
  read: (who, name, value) => present(readOptions(`${who}: ${name}`, declared, value)),
})

/** Declares a positive integer, such as a number of features. */
export const size = integer({ min: 1 }) as Option<number>
