import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, readOptions, type ValuesOf } from '../core/options.ts'
import type { After, Curve, Schedule, ScheduleSpec, SpecValue } from './schedule.ts'

/** The end of a finite schedule: its last step, and the length after which `repeat` begins again. */
export interface Span {
  readonly end: number
  readonly period: number
}

/** A span that begins again where it ends. */
export const whole = (steps: number): Span => ({ end: steps, period: steps })

/** As `whole`, for a span that may end at step 0: `repeat` then repeats that one step. */
export const atLeastOne = (steps: number): Span => ({ end: steps, period: Math.max(steps, 1) })

/** Defines a type of schedule: the fields of its spec, and the curve that their values give. */
export interface Definition<D extends Declared> {
  /** The constructor's first argument, then its options; `after` is one of them where there is a `span`. */
  readonly fields: D
  /** Refuses values that are fine alone but not together. @throws {ArgumentError} */
  check?(values: ValuesOf<NoInfer<D>>, who: string): void
  /** The span of a finite schedule. It ends at Infinity if these values make the schedule endless. */
  span?(values: ValuesOf<NoInfer<D>>): Span
  /** Whether the formula has values past the end. @default true */
  extrapolates?(values: ValuesOf<NoInfer<D>>): boolean
  curve(values: ValuesOf<NoInfer<D>>): Curve
}

/** A type of schedule, by its name. */
export interface Kind extends Definition<Declared> {
  readonly type: string
  /** The field that is the constructor's first argument. */
  readonly first: string
}

/** The function that makes the schedules of one kind. */
export interface Constructor<Args extends readonly unknown[]> {
  (...args: Args): Schedule
  readonly kind: Kind
}

/** Returns the constructor of a type of schedule: it takes the first field, then the others by name. */
export function kind<Args extends readonly unknown[], D extends Declared>(
  type: string,
  definition: Definition<D>,
): Constructor<Args> {
  const [first, ...others] = Object.keys(definition.fields)
  const made = { ...definition, type, first } as Kind
  const construct = (...[value, options = {}]: Args): Schedule => {
    checkNames(`schedule.${type}`, others, options)
    return make(made, { ...options, [made.first]: value })
  }
  return Object.assign(construct, { kind: made })
}

/**
 * Makes the schedule of a kind from its fields.
 *
 * Every schedule is made here, by a constructor or by the parser, so both refuse the same values in the same
 * words.
 */
export function make(kind: Kind, fields: object): Schedule {
  const who = `schedule.${kind.type}`
  const values = readOptions(who, kind.fields, fields)
  kind.check?.(values, who)
  const spec = { value: specOf(kind.type, values), enumerable: true }
  return Object.defineProperty(withEnd(who, kind, values), 'spec', spec) as Schedule
}

/** A type and its values as JSON, without the values that were left out, and without an `after` of 'hold'. */
export function specOf(type: string, values: Readonly<Record<string, unknown>>): ScheduleSpec {
  const spec: Record<string, SpecValue> & { type: string } = { type }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(name === 'after' && value === 'hold')) spec[name] = specValue(value)
  }
  return Object.freeze(spec)
}

/** The JSON of a value. Functions are schedules or formulas here, which have a spec. */
function specValue(value: unknown): SpecValue {
  if (typeof value === 'function') return (value as Schedule).spec
  return Array.isArray(value) ? value.map(specValue) : (value as SpecValue)
}

/** The kind's curve, continued past its end as `after` says. */
function withEnd(who: string, kind: Kind, values: ValuesOf<Declared>): Curve {
  const curve = kind.curve(values)
  const { end, period } = kind.span?.(values) ?? { end: Infinity, period: Infinity }
  const after = values.after as After | undefined
  if (after === 'extrapolate' && kind.extrapolates?.(values) === false) {
    const fix = 'its formula has no values past the end'
    throw mismatch(who, "after as 'hold', 'repeat' or 'throw'", after, fix)
  }
  if (end === Infinity || after === 'extrapolate') return curve
  if (after === 'repeat') return (step) => curve(step % period)
  if (after === 'throw') return (step) => (step <= end ? curve(step) : tooFar(who, end, step))
  const last = curve(end)
  return (step) => (step < end ? curve(step) : last)
}

function tooFar(who: string, end: number, step: number): never {
  const fix = 'train for fewer steps, or set after to hold, repeat or extrapolate'
  throw mismatch(who, `a step ≤ ${end}`, step, fix)
}
