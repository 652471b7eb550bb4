import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, readOptions, type ValuesOf } from '../core/options.ts'
import { stepsOfRun } from '../core/run.ts'
import { isFraction, type StepCount, type Stretch, stepsIn, wholeRun } from './length.ts'
import {
  type After,
  type Curve,
  isSchedule,
  type Schedule,
  type ScheduleSpec,
  type SpecValue,
} from './schedule.ts'
import type { Timing } from './timing.ts'

/** End of a schedule, a step, and its period: the number of steps after which the schedule restarts if repeated. */
export interface Span {
  readonly end: number
  readonly period: number
}

/** Returns the span of a schedule that ends at step `steps`, and restarts there if repeated. */
export const whole = (steps: number): Span => ({ end: steps, period: steps })

/** Returns the same span as `whole`, but with a period of 1 if `steps` is 0: the single value is then repeated. */
export const atLeastOne = (steps: number): Span => ({ end: steps, period: Math.max(steps, 1) })

/** The type `T` with every length (a number of steps, a percentage or 'rest') as a number of steps. */
type InSteps<T> =
  T extends Exclude<StepCount, number>
    ? never
    : T extends readonly unknown[]
      ? { readonly [K in keyof T]: InSteps<T[K]> }
      : T

/** Values of a schedule's declared fields, with all lengths in steps. */
export type Fields<D> = { readonly [K in keyof ValuesOf<D>]: InSteps<ValuesOf<D>[K]> }

/** Definition of a type of schedule: the fields of its spec (its JSON form), and how to compute its values. */
export interface Definition<D extends Declared> {
  /** Declares the constructor's first argument, then its options, among them `after` if `span` is defined. */
  readonly fields: D
  /** Whether lengths that are fractions of a run are rounded to whole steps, at least 1. @default false */
  readonly isWhole?: boolean
  /** Options that are lengths of consecutive phases; one may be `'rest'`: the steps of the run that the others leave. */
  readonly consecutive?: readonly (keyof D)[]
  /** Throws if field values that are valid on their own do not fit together. @throws {ArgumentError} */
  check?(values: Fields<NoInfer<D>>, who: string): void
  /** Returns where a schedule with these field values ends; `end` is Infinity if they make it endless. */
  span?(values: Fields<NoInfer<D>>): Span
  /** Whether the formula of the schedule is also defined after its last step. @default true */
  extrapolates?(values: Fields<NoInfer<D>>): boolean
  /** Returns the part of a run that inner schedule `index` covers if this schedule covers `outer`. @default outer */
  place?(values: Fields<NoInfer<D>>, outer: Stretch, index: number): Stretch
  /** Returns when the schedule's values settle, given the timings of inner schedules. @default from `span` */
  timing?(values: Fields<NoInfer<D>>, inner: readonly Timing[]): Timing
  curve(values: Fields<NoInfer<D>>): Curve
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

/** Returns the constructor of a type of schedule: a function of the first field's value and an object of the others. */
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

/** Kind and fields of each schedule whose lengths are in steps. */
const origins = new WeakMap<Schedule, { readonly kind: Kind; readonly values: Values }>()

/** Returns the kind and the fields that a schedule was made of, if its lengths are in steps. */
export const scheduleOrigin = (schedule: Schedule): ReturnType<typeof origins.get> => origins.get(schedule)

/** Checks the fields of a spec and makes the schedule; used by both the constructors and the parser. */
export function make(kind: Kind, fields: object): Schedule {
  const who = `schedule.${kind.type}`
  const values = readOptions(who, kind.fields, fields)
  const spec = { value: specOf(kind.type, values), enumerable: true }
  if (Object.values(values).some(isRelative)) {
    const within = { value: (stretch: Stretch) => make(kind, inSteps(kind, values, stretch)) }
    return Object.defineProperties(inRun(who, within.value), { spec, within }) as Schedule
  }
  kind.check?.(values, who)
  const made = Object.defineProperty(withEnd(who, kind, values), 'spec', spec) as Schedule
  origins.set(made, { kind, values })
  return made
}

/** Whether a field's value is, or contains, a length that is a fraction of a run. */
function isRelative(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isRelative)
  return isFraction(value) || (isSchedule(value) && value.within !== undefined)
}

type Values = ValuesOf<Declared>

/** Returns field values with all lengths in steps, for a schedule that covers this stretch of a run. */
function inSteps(kind: Kind, values: Values, stretch: Stretch): Values {
  const own = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(own)
    if (!isFraction(value)) return value
    const steps = stepsIn(stretch, value)
    return kind.isWhole ? Math.max(1, Math.round(steps)) : steps
  }
  const mine = { ...mapped(values, own), ...restOf(kind, values, stretch) }
  const place = (index: number): Stretch => kind.place?.(mine, stretch, index) ?? stretch
  const inner = (value: unknown, index = 0): unknown =>
    isSchedule(value) ? (value.within?.(place(index)) ?? value) : value
  return mapped(mine, (value) => (Array.isArray(value) ? value.map(inner) : inner(value)))
}

/** Returns the length of the phase given as `'rest'`, if any: what the other phases leave of `stretch`'s steps. */
function restOf({ type, consecutive = [] }: Kind, values: Values, stretch: Stretch): Values {
  const [name, second] = consecutive.filter((name) => values[name] === 'rest')
  if (name === undefined) return {}
  const who = `schedule.${type}`
  if (second !== undefined) {
    const got = { [name]: 'rest', [second]: 'rest' }
    throw mismatch(who, `'rest' as one of ${consecutive.join(', ')}`, got, `give ${second} a length`)
  }
  if (stretch.until <= stretch.from) return { [name]: stepsIn(stretch, 'rest') }
  const others = consecutive.filter((other) => other !== name && values[other] !== undefined)
  const lengths = others.map((other) => {
    const length = values[other]
    return isFraction(length) ? stepsIn(stretch, length) : Number(length)
  })
  const [all, taken] = [stepsIn(stretch, 'rest'), lengths.reduce((sum, steps) => sum + steps, 0)]
  if (taken <= all * (1 + 1e-9)) return { [name]: Math.max(all - taken, 0) }
  const fix = `nothing is left for ${name}: shorten them`
  throw mismatch(who, `${others.join(' + ')} of at most ${all} steps`, taken, fix)
}

const mapped = (values: Values, f: (value: unknown) => unknown): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value)]))

/**
 * Returns the curve of a schedule whose lengths are fractions of a run. Each call converts them to steps by the length
 * of the run in progress.
 *
 * @throws {ArgumentError} when the schedule's fields contradict each other, whatever the length of the run
 */
function inRun(who: string, within: (stretch: Stretch) => Schedule): Curve {
  checkLengths(within)
  let [steps, known]: [number | undefined, Schedule | undefined] = [undefined, undefined]
  return (step) => {
    const run = stepsOfRun()
    if (run === undefined) {
      const wanted = 'the number of steps of the run, of which its lengths are fractions'
      throw mismatch(who, wanted, undefined, 'give it with schedule.over(schedule, steps)')
    }
    if (run !== steps || known === undefined) [steps, known] = [run, within(wholeRun(run))]
    return known(step)
  }
}

/** Throws if the schedule is invalid for each run length tried; the error is the one for a run of 100 steps. */
function checkLengths(within: (stretch: Stretch) => Schedule): void {
  const errors = [100, 1e4, 1e6, 1e9].map((steps) => {
    try {
      within(wholeRun(steps))
      return undefined
    } catch (error) {
      return error
    }
  })
  if (errors.every((error) => error !== undefined)) throw errors[0]
}

/** Returns field values as a plain JSON spec, without undefined values and the default `after: 'hold'`. */
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
function withEnd(who: string, kind: Kind, values: Values): Curve {
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
