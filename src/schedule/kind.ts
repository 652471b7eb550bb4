import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, readOptions, type ValuesOf } from '../core/options.ts'
import type { After, Curve, Schedule, ScheduleSpec, SpecValue } from './schedule.ts'

/** The end of a finite schedule: its last step, and the number of steps after which `repeat` restarts. */
export interface Span {
  readonly end: number
  readonly period: number
}

/** Returns the span of a schedule that restarts at its last step. */
export const whole = (steps: number): Span => ({ end: steps, period: steps })

/** As `whole`, for a schedule whose last step may be 0: `repeat` then repeats that one step. */
export const atLeastOne = (steps: number): Span => ({ end: steps, period: Math.max(steps, 1) })

/** Definition of a type of schedule: the fields of its spec, and the curve for their values. */
export interface Definition<D extends Declared> {
  /** The constructor's first argument, then its options, including `after` where `span` is defined. */
  readonly fields: D
  /** Refuses values that are valid alone but not together. @throws {ArgumentError} */
  check?(values: ValuesOf<NoInfer<D>>, who: string): void
  /** Returns the span of a finite schedule, with an `end` of Infinity if these values make it endless. */
  span?(values: ValuesOf<NoInfer<D>>): Span
  /** Whether the formula is defined after the last step. @default true */
  extrapolates?(values: ValuesOf<NoInfer<D>>): boolean
  curve(values: ValuesOf<NoInfer<D>>): Curve
}

/** A named type of schedule. */
export interface Kind extends Definition<Declared> {
  readonly type: string
  /** The field that is the constructor's first argument. */
  readonly first: string
}

/** A function that makes schedules of one kind. */
export interface Constructor<Args extends readonly unknown[]> {
  (...args: Args): Schedule
  readonly kind: Kind
}

/** A constructor from a value and options; options may be left out unless one is required. */
export type FromValue<O> = Constructor<
  Partial<O> extends O ? [initial: number, options?: O] : [initial: number, options: O]
>

/** A constructor from another schedule and options. */
export type FromSchedule<O> = Constructor<[schedule: Schedule, options: O]>

/** Returns the constructor of a type of schedule: it takes the first field, then an object of the others. */
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

/** Makes a schedule from the fields of its spec. Constructors and the parser share it, and so its checks. */
export function make(kind: Kind, fields: object): Schedule {
  const who = `schedule.${kind.type}`
  const values = readOptions(who, kind.fields, fields)
  kind.check?.(values, who)
  const spec = { value: specOf(kind.type, values), enumerable: true }
  return Object.defineProperty(withEnd(who, kind, values), 'spec', spec) as Schedule
}

/** Returns a spec of plain JSON without undefined values, and without `after` where it is 'hold'. */
export function specOf(type: string, values: Readonly<Record<string, unknown>>): ScheduleSpec {
  const spec: Record<string, SpecValue> & { type: string } = { type }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(name === 'after' && value === 'hold')) spec[name] = specValue(value)
  }
  return Object.freeze(spec)
}

/** Returns a value as JSON. A function here is a schedule or a formula, so it has a spec. */
function specValue(value: unknown): SpecValue {
  if (typeof value === 'function') return (value as Schedule).spec
  return Array.isArray(value) ? value.map(specValue) : (value as SpecValue)
}

/** Returns the curve, continued after its last step as `after` says. */
function withEnd(who: string, kind: Kind, values: ValuesOf<Declared>): Curve {
  const curve = kind.curve(values)
  const { end, period } = kind.span?.(values) ?? { end: Infinity, period: Infinity }
  const after = values.after as After | undefined
  if (after === 'extrapolate' && kind.extrapolates?.(values) === false) {
    const fix = 'its formula is undefined after the last step'
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
