import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, readOptions, type ValuesOf } from '../core/options.ts'
import type { After, Curve, Schedule, ScheduleSpec, SpecValue } from './schedule.ts'

/** Where a finite schedule ends: its last step, and the number of steps after which it restarts if repeated. */
export interface Span {
  readonly end: number
  readonly period: number
}

/** Returns the span of a schedule that ends at step `steps`, and restarts there if repeated. */
export const whole = (steps: number): Span => ({ end: steps, period: steps })

/** As `whole`, but `steps` may be 0: such a schedule repeats its single value, with a period of 1. */
export const atLeastOne = (steps: number): Span => ({ end: steps, period: Math.max(steps, 1) })

/** Defines a type of schedule: the fields of its spec (its JSON form), and how to compute its values. */
export interface Definition<D extends Declared> {
  /** The constructor's first argument, then its options; they include `after` if `span` is defined. */
  readonly fields: D
  /** Throws if field values that are valid on their own do not fit together. @throws {ArgumentError} */
  check?(values: ValuesOf<NoInfer<D>>, who: string): void
  /** Returns where a schedule with these field values ends; `end` is Infinity if they make it endless. */
  span?(values: ValuesOf<NoInfer<D>>): Span
  /** Whether the formula of the schedule is also defined after its last step. @default true */
  extrapolates?(values: ValuesOf<NoInfer<D>>): boolean
  curve(values: ValuesOf<NoInfer<D>>): Curve
}

/** A type of schedule with its name, such as 'cosineAnnealing'. */
export interface Kind extends Definition<Declared> {
  readonly type: string
  /** Name of the field that is the constructor's first argument. */
  readonly first: string
}

/** A function that makes schedules of one kind (type), such as `cosineAnnealing`. */
export interface Constructor<Args extends readonly unknown[]> {
  (...args: Args): Schedule
  readonly kind: Kind
}

/** Constructor that takes an initial value and options, which may be omitted if no option is required. */
export type FromValue<O> = Constructor<
  Partial<O> extends O ? [initial: number, options?: O] : [initial: number, options: O]
>

/** Constructor that takes a schedule to modify, and options. */
export type FromSchedule<O> = Constructor<[schedule: Schedule, options: O]>

/** Returns the constructor of a type of schedule: it takes the first field, and an object of the rest. */
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

/** Checks the fields of a spec and makes the schedule; used by both the constructors and the parser. */
export function make(kind: Kind, fields: object): Schedule {
  const who = `schedule.${kind.type}`
  const values = readOptions(who, kind.fields, fields)
  kind.check?.(values, who)
  const spec = { value: specOf(kind.type, values), enumerable: true }
  return Object.defineProperty(withEnd(who, kind, values), 'spec', spec) as Schedule
}

/** Returns field values as a plain JSON spec, without undefined values and without `after: 'hold'`, a default. */
export function specOf(type: string, values: Readonly<Record<string, unknown>>): ScheduleSpec {
  const spec: Record<string, SpecValue> & { type: string } = { type }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(name === 'after' && value === 'hold')) spec[name] = specValue(value)
  }
  return Object.freeze(spec)
}

/** Returns a field value as JSON. A function is a schedule or a formula: its `spec` property is its JSON. */
function specValue(value: unknown): SpecValue {
  if (typeof value === 'function') return (value as Schedule).spec
  return Array.isArray(value) ? value.map(specValue) : (value as SpecValue)
}

/** Returns the curve of a schedule, continued after its last step as the option `after` says. */
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
