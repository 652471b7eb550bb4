/**
 * Declarations of options. Each declaration states an option's permitted values and default, from which its
 * TypeScript type, check and error message follow. Comments on declarations appear in editors and in the docs.
 *
 *     const options = {
 *       /** Weight of the previous direction. @default 0.9 *\/
 *       momentum: number({ min: 0, below: 1 }, 0.9),
 *     }
 *     export interface SgdOptions extends OptionsOf<typeof options> {}
 */

import { type Bounds, boundsText, isWithin } from './bounds.ts'
import { mismatch, unknownName } from './mismatch.ts'
import { listed } from './text.ts'

type Json = Readonly<Record<string, unknown>>
type Test = (value: unknown) => boolean

/** Declaration of an option. Callers pass a value of type `Given`; checking it returns one of type `Read`. */
export interface Option<Given, Read = Given> {
  /** Description of the permitted values that completes the error `wanted NAME as …`: `a positive integer`. */
  readonly wanted: string
  /** Value of the option when callers omit it. */
  readonly fallback?: Read | undefined
  /** JSON Schema of the option's value; absent if JSON cannot express the value. */
  readonly json?: Json
  /** Checks and returns a value. @throws {ArgumentError} `who: wanted NAME as …, got …` */
  read(who: string, name: string, value: unknown): Read
  /** Bounds of the value, if it is a number. */
  readonly bounds?: Bounds
  /** Whether the value may also be a schedule: a function of the step. */
  readonly scheduled?: true
  /** Never set at run time: exists only so that TypeScript can infer the type `Given`. */
  readonly given?: Given
}

/** An option without a default, which callers must pass. */
export interface RequiredOption<Given, Read = Given> extends Option<Given, Read> {
  readonly required: true
}

/** Declarations of options, by the options' names. */
export type Declared = Readonly<Record<string, Option<unknown, unknown>>>

type GivenOf<O> = O extends { readonly given?: infer Given } ? Exclude<Given, undefined> : never
type ReadOf<O> = O extends { read(...args: never[]): infer Read } ? Read : never
type RequiredNames<D> = { [K in keyof D]: D[K] extends { readonly required: true } ? K : never }[keyof D]

/** Type of the options object that callers pass, from the declarations `D`: each key optional unless required. */
export type OptionsOf<D> = {
  readonly [K in keyof D as K extends RequiredNames<D> ? K : never]: GivenOf<D[K]>
} & { readonly [K in keyof D as K extends RequiredNames<D> ? never : K]?: GivenOf<D[K]> }

/** The type `Options`, with `undefined` also permitted as the value of every option. */
export type Undefinable<Options> = { readonly [K in keyof Options]: Options[K] | undefined }

/** Type of the declared options after checking, with defaults filled in. */
export type ValuesOf<D> = { readonly [K in keyof D]: ReadOf<D[K]> }

/** The type `V`, with every option whose value may be undefined made optional instead. */
export type Present<V> = { readonly [K in keyof V as undefined extends V[K] ? never : K]: V[K] } & {
  readonly [K in keyof V as undefined extends V[K] ? K : never]?: Exclude<V[K], undefined>
}

/** Returns a copy of an options object without the options whose value is undefined. */
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

/** Checks that all options in an object are declared. @throws {ArgumentError} naming the first that is not. */
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

/**
 * Checks that a function that takes no options was given none, which JavaScript code may pass nevertheless.
 *
 * @param more any arguments after those that the function takes
 */
export function checkNoMore(who: string, more: readonly unknown[]): void {
  const [first] = more.filter((one) => one !== undefined)
  if (first === undefined) return
  if (Object(first) === first && !Array.isArray(first)) checkNames(who, [], first)
  throw mismatch(who, 'no more arguments', first)
}

/** Makes an option required: callers must pass it. */
export const required = <G, R>(option: Option<G, R>): RequiredOption<G, Exclude<R, undefined>> =>
  ({ ...option, required: true }) as RequiredOption<G, Exclude<R, undefined>>

/** Declares an option whose value must pass the test `ok`. @param wanted describes such values in errors */
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

type Default<T> = T | undefined

/** Declares an option that is a number within bounds. */
export function number<F extends Default<number> = undefined>(
  bounds: Bounds = {},
  fallback?: F,
): Option<number, number | F> {
  const unbounded = bounds.max === Infinity || bounds.min === -Infinity
  const isOne = unbounded ? (value: unknown) => typeof value === 'number' : Number.isFinite
  const text = boundsText(bounds)
  return numeric(text === '' ? 'a finite number' : `a number${text}`, 'number', bounds, isOne, fallback)
}

/** Declares an option that is an integer within bounds. */
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
  const { min, above, max = bounds.limit, below } = bounds
  const limits = { minimum: min, exclusiveMinimum: above, maximum: max, exclusiveMaximum: below }
  return {
    wanted,
    fallback,
    bounds,
    json: { type, ...Object.fromEntries(Object.entries(limits).filter(([, n]) => Number.isFinite(n))) },
    read(who, name, value) {
      if (isOne(value) && isWithin(bounds, value as number)) {
        if ((value as number) <= (bounds.limit ?? Infinity)) return value as number
        throw mismatch(who, `${name} of at most ${bounds.limit}`, value)
      }
      const quoted = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      const fix = quoted ? `write ${Number(value)} without quotes` : undefined
      throw mismatch(who, `${name} as ${this.wanted}`, value, fix)
    },
  }
}

/** A number, or a function from the step (counted from 0) to a number, such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** Declares an option that is a number or a schedule. A schedule's values are checked later, at each step. */
export const scheduled = <R extends number | undefined>(
  option: Option<number, R>,
): Option<Hyperparameter, Hyperparameter | (R extends undefined ? undefined : never)> => ({
  ...option,
  wanted: `${option.wanted} or a schedule`,
  scheduled: true,
  read(who, name, value) {
    if (typeof value === 'function') return value as Hyperparameter
    return option.read.call(this as never, who, name, value) as number // its error also names a schedule
  },
})

/** Declares an option that is true or false. */
export function boolean<F extends Default<boolean> = undefined>(fallback?: F): Option<boolean, boolean | F> {
  const isBoolean: Test = (value) => typeof value === 'boolean'
  return custom<boolean, F>('true or false', isBoolean, fallback, { type: 'boolean' })
}

/** Declares an option that is one of the given strings. */
export function choice<const C extends string>(choices: readonly C[]): Option<C, C | undefined>
export function choice<const C extends string>(choices: readonly C[], fallback: NoInfer<C>): Option<C>
export function choice<const C extends string>(choices: readonly C[], fallback?: C): Option<C, unknown> {
  const quoted = choices.map((text) => `'${text}'`)
  const isChoice: Test = (value) => choices.some((text) => text === value)
  return custom(listed(quoted, 'or'), isChoice, fallback, { type: 'string', enum: choices })
}

/** Declares an option that is a non-empty string. */
export function text<F extends Default<string> = undefined>(fallback?: F): Option<string, string | F> {
  const isText: Test = (value) => typeof value === 'string' && value !== ''
  return custom<string, F>('a text', isText, fallback, { type: 'string', minLength: 1 })
}

/** Declares an option that is a list of items; errors name an invalid item by its index: `steps[1]`. */
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

/** Declares an option that is a function. @param wanted describes it in errors: `a function of the step` */
export const callback = <F extends (...args: never[]) => unknown>(wanted: string): Option<F, F | undefined> =>
  custom<F>(wanted, (value) => typeof value === 'function')

/** Declares an option that is itself an options object: `clip: { norm }`; errors read `sgd: clip: wanted …`. */
export const nested = <D extends Declared, F extends Present<ValuesOf<D>> | undefined = undefined>(
  declared: D,
  fallback?: F,
): Option<OptionsOf<D>, Present<ValuesOf<D>> | (F extends undefined ? undefined : never)> => ({
  wanted: `an object of ${Object.keys(declared).join(', ')}`,
  ...(fallback && { fallback }),
  read: (who, name, value) => present(readOptions(`${who}: ${name}`, declared, value)),
})

/** Declares an option that is a positive integer, such as a number of features. */
export const size = integer({ min: 1 }) as Option<number>
