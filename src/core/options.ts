/**
 * Options, declared once: what each may be, and its default. The type, the check, the error and the default all
 * follow from the declaration; its comment is what editors show, and what the JSON Schema and the docs say.
 *
 *     const options = {
 *       /** Weight of the previous direction. @default 0.9 *\/
 *       momentum: number({ min: 0, below: 1 }, 0.9),
 *     }
 *     export interface SgdOptions extends OptionsOf<typeof options> {}
 */

import { mismatch, unknownName } from './mismatch.ts'
import { listed } from './text.ts'

/**
 * The declaration of an option or another argument. `Given` is what a caller writes, `Read` what that becomes.
 */
export interface Option<Given, Read = Given> {
  /** Completes the sentence `wanted NAME as …`. */
  readonly wanted: string
  /** The value of an option that is left out. */
  readonly fallback?: Read | undefined
  /** The value in a JSON Schema; absent where no JSON can say it. */
  readonly json?: Readonly<Record<string, unknown>>
  /** Checks a value. @throws {ArgumentError} `who: wanted NAME as …, got …` */
  read(who: string, name: string, value: unknown): Read
  /** Whether a schedule may stand for the value. */
  readonly scheduled?: true
  /** Always absent: carries the type `Given`. */
  readonly given?: Given
}

/** An option that must be given. */
export interface RequiredOption<Given, Read = Given> extends Option<Given, Read> {
  readonly required: true
}

/** Declared options, by name. */
export type Declared = Readonly<Record<string, Option<unknown, unknown>>>

type GivenOf<O> = O extends { readonly given?: infer Given } ? Exclude<Given, undefined> : never
type ReadOf<O> = O extends { read(...args: never[]): infer Read } ? Read : never
type RequiredNames<D> = { [K in keyof D]: D[K] extends { readonly required: true } ? K : never }[keyof D]

/** The type of an options object, as a caller writes it. */
export type OptionsOf<D> = {
  readonly [K in keyof D as K extends RequiredNames<D> ? K : never]: GivenOf<D[K]>
} & { readonly [K in keyof D as K extends RequiredNames<D> ? never : K]?: GivenOf<D[K]> }

/** The same options, where a caller may also write `undefined`. */
export type Undefinable<Options> = { readonly [K in keyof Options]: Options[K] | undefined }

/** The type of options after reading: checked, with defaults. */
export type ValuesOf<D> = { readonly [K in keyof D]: ReadOf<D[K]> }

/** The values of options without those that were left out and have no default. */
export type Present<V> = { readonly [K in keyof V as undefined extends V[K] ? never : K]: V[K] } & {
  readonly [K in keyof V as undefined extends V[K] ? K : never]?: Exclude<V[K], undefined>
}

/** Leaves out what is undefined, so that JSON and copies have only what was given or has a default. */
export const present = <V extends object>(values: V): Present<V> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<V>

/**
 * Checks options and fills in defaults. An option that is `undefined` counts as left out.
 *
 * @throws {ArgumentError} naming the first option that is unknown, wrong or missing.
 */
export function readOptions<D extends Declared>(who: string, declared: D, given: unknown = {}): ValuesOf<D> {
  checkNames(who, Object.keys(declared), given)
  return Object.fromEntries(
    Object.entries(declared).map(([name, option]) => [name, readOption(who, name, option, given[name])]),
  ) as ValuesOf<D>
}

/** Refuses an options object with an unknown name. */
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

function readOption(who: string, name: string, option: Option<unknown, unknown>, value: unknown): unknown {
  if (value !== undefined || 'required' in option) return option.read(who, name, value)
  return option.fallback
}

/** Makes an option mandatory. */
export const required = <G, R>(option: Option<G, R>): RequiredOption<G, Exclude<R, undefined>> =>
  ({ ...option, required: true }) as RequiredOption<G, Exclude<R, undefined>>

/** Anything that `ok` accepts. @param wanted completes the sentence `wanted NAME as …` */
export function custom<T>(wanted: string, ok: (value: unknown) => boolean): Option<T, T | undefined>
export function custom<T>(wanted: string, ok: (value: unknown) => boolean, fallback: T): Option<T>
export function custom<T>(wanted: string, ok: (value: unknown) => boolean, fallback?: T): Option<T> {
  return {
    wanted,
    fallback,
    read(who, name, value) {
      if (ok(value)) return value as T
      throw mismatch(who, `${name} as ${wanted}`, value)
    },
  }
}

/** Bounds of a number; `above` and `below` are exclusive. Only a bound of ±Infinity admits that infinity. */
export interface Bounds {
  readonly min?: number
  readonly above?: number
  readonly max?: number
  readonly below?: number
}

/** A number within bounds. */
export function number(bounds?: Bounds): Option<number, number | undefined>
export function number(bounds: Bounds, fallback: number): Option<number>
export function number(bounds: Bounds = {}, fallback?: number): Option<number> {
  const unbounded = bounds.max === Infinity || bounds.min === -Infinity
  const isOne = unbounded ? (value: unknown) => typeof value === 'number' : Number.isFinite
  return numeric(`a number${boundsText(bounds)}`, 'number', bounds, isOne, fallback)
}

/** An integer within bounds. */
export function integer(bounds?: Bounds): Option<number, number | undefined>
export function integer(bounds: Bounds, fallback: number): Option<number>
export function integer(bounds: Bounds = {}, fallback?: number): Option<number> {
  const wanted =
    bounds.min === 1 && bounds.max === undefined ? 'a positive integer' : `an integer${boundsText(bounds)}`
  return numeric(wanted, 'integer', bounds, Number.isInteger, fallback)
}

function numeric(
  wanted: string,
  type: string,
  bounds: Bounds,
  isOne: (value: unknown) => boolean,
  fallback: number | undefined,
): Option<number> {
  const { min, above, max, below } = bounds
  const limits = { minimum: min, exclusiveMinimum: above, maximum: max, exclusiveMaximum: below }
  return {
    wanted,
    fallback,
    json: { type, ...Object.fromEntries(Object.entries(limits).filter(([, n]) => Number.isFinite(n))) },
    read(who, name, value) {
      if (isOne(value) && isWithin(bounds, value as number)) return value as number
      const quoted = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      throw mismatch(
        who,
        `${name} as ${wanted}`,
        value,
        quoted ? `write ${Number(value)} without quotes` : undefined,
      )
    },
  }
}

/** Whether a number is within bounds. */
export const isWithin = ({ min = -Infinity, above, max = Infinity, below }: Bounds, value: number): boolean =>
  value >= min &&
  value <= max &&
  (above === undefined || value > above) &&
  (below === undefined || value < below)

/** ` from 0 to 1`, ` ≥ 0 and < 1`, ` > 0`, or nothing. */
export function boundsText({ min, above, max, below }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  const parts = [
    ...(min === undefined ? [] : [`≥ ${min}`]),
    ...(above === undefined ? [] : [`> ${above}`]),
    ...(max === undefined ? [] : [`≤ ${max}`]),
    ...(below === undefined ? [] : [`< ${below}`]),
  ]
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}

/** A number, or a function of the step that gives one, such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** A number, or a function of the step that gives one. The function's values are checked when a step is fed. */
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

/** True or false. */
export function boolean(): Option<boolean, boolean | undefined>
export function boolean(fallback: boolean): Option<boolean>
export function boolean(fallback?: boolean): Option<boolean> {
  const option = custom<boolean>('true or false', (value) => typeof value === 'boolean')
  return { ...option, fallback, json: { type: 'boolean' } } as Option<boolean>
}

/** One of a few texts. */
export function choice<const C extends string>(choices: readonly C[]): Option<C, C | undefined>
export function choice<const C extends string>(choices: readonly C[], fallback: NoInfer<C>): Option<C>
export function choice<const C extends string>(choices: readonly C[], fallback?: C): Option<C> {
  const wanted = listed(
    choices.map((text) => `'${text}'`),
    'or',
  )
  const option = custom<C>(wanted, (value) => choices.some((text) => text === value))
  return { ...option, fallback, json: { type: 'string', enum: choices } } as Option<C>
}

/** A non-empty text. */
export function text(): Option<string, string | undefined>
export function text(fallback: string): Option<string>
export function text(fallback?: string): Option<string> {
  const option = custom<string>('a text', (value) => typeof value === 'string' && value !== '')
  return { ...option, fallback, json: { type: 'string', minLength: 1 } } as Option<string>
}

/** A list of items; a wrong one is named by its place, `steps[1]`. */
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

/** A function. @param wanted describes it, such as `a function of the step` */
export const callback = <F extends (...args: never[]) => unknown>(wanted: string): Option<F, F | undefined> =>
  custom<F>(wanted, (value) => typeof value === 'function')

/** Options within options: `clip: { norm }`. Its errors name both, `sgd: clip: wanted norm as …`. */
export const nested = <D extends Declared, F extends Present<ValuesOf<D>> | undefined = undefined>(
  declared: D,
  fallback?: F,
): Option<OptionsOf<D>, Present<ValuesOf<D>> | (F extends undefined ? undefined : never)> => ({
  wanted: `an object of ${Object.keys(declared).join(', ')}`,
  ...(fallback && { fallback }),
  read: (who, name, value) => present(readOptions(`${who}: ${name}`, declared, value)),
})

/** A positive integer: the size of something. */
export const size: Option<number> = integer({ min: 1 }) as Option<number>
