/**
 * The fields of schedules: what each takes, its default, and how it reads.
 *
 * Constructors, the parser, error messages and the JSON Schema are all derived from these.
 */

import { mismatch } from '../core/mismatch.ts'
import { isSchedule, type Schedule, type SpecValue, type Unserialisable } from './schedule.ts'
import { compileExpression, type Expression } from './text/expression.ts'

export interface Bounds {
  readonly min?: number
  readonly above?: number
  readonly max?: number
  readonly below?: number
}

/** One named option of a schedule. `read` checks a caller's value, `spec` writes it as JSON. */
export interface Field<T> {
  readonly kind:
    | 'number'
    | 'integer'
    | 'boolean'
    | 'choice'
    | 'numbers'
    | 'points'
    | 'schedule'
    | 'schedules'
    | 'formula'
  /** Completes the sentence "name is …". */
  readonly about: string
  readonly range: Bounds
  readonly choices: readonly string[]
  readonly optional: boolean
  readonly fallback: T | undefined
  read(who: string, name: string, value: unknown): T
  spec(value: T): SpecValue
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** The values of a set of fields, by name. */
export type Values<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** A factor given as a JavaScript function or as the text of an expression. */
export interface Formula {
  readonly evaluate: Expression
  readonly source: string | Unserialisable
}

/** A point of a piecewise schedule: the step, and the value there. */
export type Point = readonly [step: number, value: number]

/** A finite number within `range`. */
export function number(about: string, range: Bounds = {}, fallback?: number): Field<number> {
  return field('number', about, {
    range,
    fallback,
    read: (who, name, v) => readNumber(who, name, v, range, about),
  })
}

/** As `number`, but it may be left out, and then is undefined. */
export function maybeNumber(about: string, range: Bounds = {}): Field<number | undefined> {
  const read = (who: string, name: string, v: unknown) => readNumber(who, name, v, range, about)
  return field<number | undefined>('number', about, { range, optional: true, read })
}

/** A whole number within `range`. */
export function integer(about: string, range: Bounds, fallback?: number): Field<number> {
  const read = (who: string, name: string, v: unknown) => readInteger(who, name, v, range, about)
  return field('integer', about, { range, fallback, read })
}

/** As `integer`, but it may be left out, and then is undefined. */
export function maybeInteger(about: string, range: Bounds): Field<number | undefined> {
  const read = (who: string, name: string, v: unknown) => readInteger(who, name, v, range, about)
  return field<number | undefined>('integer', about, { range, optional: true, read })
}

export function boolean(about: string, fallback: boolean): Field<boolean> {
  const read = (who: string, name: string, v: unknown) => {
    if (typeof v === 'boolean') return v
    throw mismatch(who, `${name} as true or false`, v, `${name} is ${about}`)
  }
  return field('boolean', about, { fallback, read })
}

/** One of a few words. */
export function choice<const C extends string>(about: string, choices: readonly C[], fallback: C): Field<C> {
  const read = (who: string, name: string, v: unknown) => {
    const found = choices.find((c) => c === v)
    if (found !== undefined) return found
    throw mismatch(who, `${name} as one of ${choices.join(', ')}`, v, `${name} is ${about}`)
  }
  return field('choice', about, { choices, fallback, read })
}

/** As `choice`, but it may be left out, and then is undefined. */
export function maybeChoice<const C extends string>(
  about: string,
  choices: readonly C[],
): Field<C | undefined> {
  const { read } = choice(about, choices, choices[0]!)
  return field<C | undefined>('choice', about, { choices, optional: true, read })
}

/** A list of finite numbers, each within `range`. */
export function numbers(about: string, range: Bounds = {}): Field<readonly number[]> {
  const read = (who: string, name: string, v: unknown) => {
    if (!Array.isArray(v)) throw mismatch(who, `${name} as a list of numbers`, v, `${name} is ${about}`)
    return v.map((x, i) => readNumber(who, `${name}[${i}]`, x, range, about, name))
  }
  return field('numbers', about, { range, read })
}

/** A list of [step, value], with rising steps. */
export function points(about: string): Field<readonly Point[]> {
  return field('points', about, { read: (who, name, v) => readPoints(who, name, v, about) })
}

/** Another schedule. */
export function inner(about: string): Field<Schedule> {
  return field('schedule', about, { read: readSchedule, spec: (s) => s.spec })
}

/** One or more other schedules. */
export function inners(about: string): Field<readonly Schedule[]> {
  const read = (who: string, name: string, v: unknown) => {
    if (!Array.isArray(v) || v.length === 0) throw mismatch(who, `${name} as a list of schedules`, v)
    return v.map((x, i) => readSchedule(who, `${name}[${i}]`, x))
  }
  return field('schedules', about, { read, spec: (list) => list.map((s) => s.spec) })
}

/** A function, or an expression of the given variables. */
export function formula(about: string, variables: readonly [string, string?]): Field<Formula> {
  return field('formula', about, {
    read: (...v) => readFormula(...v, about, variables),
    spec: (f) => f.source,
  })
}

/** As `formula`, but it may be left out, and then is undefined. */
export function maybeFormula(
  about: string,
  variables: readonly [string, string?],
): Field<Formula | undefined> {
  return field<Formula | undefined>('formula', about, {
    optional: true,
    read: (...v) => readFormula(...v, about, variables),
    spec: (f) => f?.source,
  })
}

interface Details<T> {
  read(who: string, name: string, value: unknown): T
  spec?(value: T): SpecValue
  range?: Bounds
  choices?: readonly string[]
  optional?: boolean
  fallback?: T | undefined
}

function field<T>(kind: Field<T>['kind'], about: string, details: Details<T>): Field<T> {
  const { range = {}, choices = [], optional = false, fallback, read } = details
  const spec = details.spec ?? ((value: T) => value as SpecValue)
  return { kind, about, range, choices, optional, fallback, read, spec }
}

function readNumber(
  who: string,
  name: string,
  v: unknown,
  range: Bounds,
  about: string,
  topic = name,
): number {
  const fix = `${topic} is ${about}`
  if (typeof v !== 'number') {
    const quoted = typeof v === 'string' && v.trim() !== '' && Number.isFinite(Number(v))
    throw mismatch(who, `${name} as a number`, v, quoted ? `write ${Number(v)} without quotes` : fix)
  }
  if (!Number.isFinite(v)) throw mismatch(who, `${name} as a finite number`, v, fix)
  const { min, above, max, below } = range
  if (min !== undefined && v < min) throw mismatch(who, `${name} >= ${min}`, v, fix)
  if (above !== undefined && v <= above) throw mismatch(who, `${name} > ${above}`, v, fix)
  if (max !== undefined && v > max) throw mismatch(who, `${name} <= ${max}`, v, fix)
  if (below !== undefined && v >= below) throw mismatch(who, `${name} < ${below}`, v, fix)
  return v
}

function readInteger(who: string, name: string, v: unknown, range: Bounds, about: string): number {
  const value = readNumber(who, name, v, range, about)
  if (!Number.isInteger(value)) throw mismatch(who, `${name} as a whole number`, v, `${name} is ${about}`)
  return value
}

function readPoints(who: string, name: string, v: unknown, about: string): readonly Point[] {
  if (!Array.isArray(v) || v.length === 0) {
    throw mismatch(who, `${name} as a list of [step, value]`, v, `${name} is ${about}`)
  }
  const list = v.map((point: unknown, i): Point => {
    const at = `${name}[${i}]`
    if (!Array.isArray(point) || point.length !== 2) throw mismatch(who, `${at} as [step, value]`, point)
    return [
      readNumber(who, `${at}[0]`, point[0], { min: 0 }, 'a step', 'it'),
      readNumber(who, `${at}[1]`, point[1], {}, 'the value at that step', 'it'),
    ]
  })
  const late = list.findIndex((point, i) => i > 0 && point[0] <= list[i - 1]![0])
  if (late > 0) {
    throw mismatch(
      who,
      `${name} with rising steps`,
      [list[late - 1]![0], list[late]![0]],
      'sort them, each step once',
    )
  }
  return list
}

function readSchedule(who: string, name: string, v: unknown): Schedule {
  if (isSchedule(v)) return v
  const fix =
    typeof v === 'number' ? `write constant(${v})` : 'make it with a constructor or with schedule.parse'
  throw mismatch(who, `${name} as a schedule`, v, fix)
}

function readFormula(
  who: string,
  name: string,
  v: unknown,
  about: string,
  variables: readonly [string, string?],
): Formula {
  if (typeof v === 'string') return { evaluate: compileExpression(v, variables, who), source: v }
  if (typeof v !== 'function')
    throw mismatch(who, `${name} as a function or an expression`, v, `${name} is ${about}`)
  return { evaluate: v as Expression, source: opaque(who, name, variables) }
}

function opaque(who: string, name: string, variables: readonly [string, string?]): Unserialisable {
  const example = `'1 / (${variables[0]} + 1)'`
  return {
    toJSON(): never {
      throw mismatch(
        who,
        `${name} as an expression to write the schedule as JSON or text`,
        () => 0,
        `give text like ${example}`,
      )
    },
  }
}
