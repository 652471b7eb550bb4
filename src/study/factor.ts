import { z } from 'zod'
import { ArgumentError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import type { Value } from './trial.ts'

/** What a study changes: a list of values, or the numbers from one to another. */
export type Factor = readonly Value[] | FactorRange

export interface FactorRange {
  readonly from: number
  readonly to: number
  /** Whether numbers are spread evenly by difference or by ratio; `log` for `lr`, else `linear`. */
  readonly scale?: 'linear' | 'log'
  /** How many of them there are, both ends included; any number between unless given. */
  readonly count?: number
}

export type Factors = Readonly<Record<string, Factor>>

/** One combination: the value of each factor. */
export type Settings = Readonly<Record<string, Value>>

const isList = (factor: Factor): factor is readonly Value[] => Array.isArray(factor)

/** The values of a factor, in order; none of a range without a count. */
export function factorValues(path: string, factor: Factor): readonly Value[] | undefined {
  if (isList(factor)) return factor
  const { count } = factor
  if (count === undefined) return undefined
  return Array.from({ length: count }, (_, i) => between(path, factor, i / (count - 1)))
}

/** The value that lies `share` of the way along a factor, 0 ≤ share < 1: each is met as often. */
export function factorValueAt(path: string, factor: Factor, share: number): Value {
  const values = factorValues(path, factor)
  return values ? values[Math.floor(share * values.length)]! : between(path, factor as FactorRange, share)
}

function between(path: string, { from, to, scale = scaleOf(path) }: FactorRange, share: number): number {
  const value = scale === 'log' ? from * (to / from) ** share : from + (to - from) * share
  return Number(value.toPrecision(6)) // a rate that can be read, and is one number on every machine
}

const scaleOf = (path: string): 'linear' | 'log' =>
  path === 'lr' || path === 'optimizer.lr' ? 'log' : 'linear'

/** How many combinations there are; infinite with a range without a count. */
export const combinationsOf = (factors: Factors): number =>
  Object.entries(factors).reduce(
    (n, [path, factor]) => n * (factorValues(path, factor)?.length ?? Number.POSITIVE_INFINITY),
    1,
  )

/**
 * Every combination of values; those of the last factor change fastest.
 *
 * @throws {ArgumentError} when a range has no count.
 */
export function combinations(factors: Factors): Settings[] {
  return Object.entries(factors).reduce<Settings[]>(
    (before, [path, factor]) => {
      const values = factorValues(path, factor)
      if (values === undefined) throw mismatch('study', `factors.${path}.count for a grid`, undefined)
      return before.flatMap((settings) => values.map((value) => ({ ...settings, [path]: value })))
    },
    [{}],
  )
}

const json = z.json()
const range = {
  from: z.number(),
  to: z.number(),
  scale: z.enum(['linear', 'log']).optional(),
  count: z.int().min(2).optional(),
}
const wantedOf: Readonly<Record<string, string>> = {
  from: 'a number',
  to: 'a number',
  scale: "'linear' or 'log'",
  count: 'an integer ≥ 2',
}

/** Settings that a study decides otherwise. */
const reserved: Readonly<Record<string, string>> = {
  seed: 'use seeds',
  steps: "use the study's steps",
  epochs: "use the study's steps",
  monitor: 'use metric',
  log: 'use watch',
}

/** @throws {ArgumentError} naming the first factor that is wrong, and what is. */
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
  if (values.length === 0) throw mismatch('study', `factors.${path} as 1 or more values`, values)
  for (const value of values) {
    if (!json.safeParse(value).success) throw mismatch('study', `factors.${path} as values of JSON`, value)
    if (path === 'lr' && !(typeof value === 'number' && value > 0)) {
      throw mismatch('study', 'factors.lr as numbers above 0', value)
    }
    if (path === 'schedule' && typeof value !== 'string') {
      throw mismatch('study', 'factors.schedule as names or templates', value)
    }
  }
  const texts = values.map((value) => JSON.stringify(value))
  const twice = texts.findIndex((text, i) => texts.indexOf(text) < i)
  if (twice >= 0) throw mismatch('study', `factors.${path} as values that differ`, values)
}

function checkRange(path: string, value: unknown): void {
  const who = `factors.${path}`
  if (typeof value !== 'object' || value === null || path === 'schedule') {
    const wanted = path === 'schedule' ? 'a list of names or templates' : 'a list of values, or { from, to }'
    throw mismatch('study', `${who} as ${wanted}`, value)
  }
  const names = Object.keys(range)
  const stranger = Object.keys(value).find((key) => !names.includes(key))
  if (stranger !== undefined) throw unknownName(`study: ${who}`, names, stranger)
  for (const key of Object.keys(range) as (keyof typeof range)[]) {
    const given = (value as FactorRange)[key]
    if (range[key].safeParse(given).success) continue
    throw mismatch('study', `${who}.${key} as ${wantedOf[key]}`, given)
  }
  const { from, to, scale = scaleOf(path) } = value as FactorRange
  if (!(from < to)) throw mismatch('study', `${who}.from below ${who}.to`, [from, to])
  if ((scale === 'log' || path === 'lr') && from <= 0) {
    throw mismatch('study', `${who}.from above 0`, from)
  }
}
