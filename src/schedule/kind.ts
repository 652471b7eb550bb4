import { mismatch, unknownName } from '../core/mismatch.ts'
import { choice, type Field, type Fields, type Values } from './field.ts'
import type { After, Curve, Schedule, ScheduleSpec, SpecValue } from './schedule.ts'

/** Where a finite schedule ends: its last step, and the length after which `repeat` begins again. */
export interface Span {
  readonly end: number
  readonly period: number
}

/** One type of schedule: its fields, and the curve that their values give. */
export interface Definition<F extends Fields> {
  readonly type: string
  /** Completes the sentence "a schedule that …", for the JSON Schema. */
  readonly about: string
  /** The first field is the constructor's first argument. */
  readonly fields: F
  /** Refuses values that each fit but not together: returns what to throw. */
  check?(values: Values<F>): Error | undefined
  /** A finite schedule's span; its type then takes `after`. Infinity where this one does not end. */
  span?(values: Values<F>): Span
  /** Whether the formula has values past the end. Without it: yes. */
  extrapolates?(values: Values<F>): boolean
  curve(values: Values<F>): Curve
}

/** A definition with its fields' types forgotten, `after` among the fields where it applies. */
export interface Kind extends Definition<Fields> {
  readonly first: string
}

const afterField: Field<After> = choice(
  'what follows the last step',
  ['hold', 'repeat', 'extrapolate', 'throw'],
  'hold',
)

export function kind<F extends Fields>(definition: Definition<F>): Kind {
  const after: Fields = definition.span === undefined ? {} : { after: afterField }
  const first = Object.keys(definition.fields)[0]!
  return { ...(definition as Definition<Fields>), fields: { ...definition.fields, ...after }, first }
}

/**
 * The schedule of a kind, from its first argument and its options.
 *
 * Every schedule is made here, by a constructor or by the parser, so both refuse the same values in the same words.
 */
export function make(kind: Kind, first: unknown, options: object = {}): Schedule {
  const who = `schedule.${kind.type}`
  const values = readValues(who, kind.fields, options, { name: kind.first, value: first })
  const refusal = kind.check?.(values)
  if (refusal !== undefined) throw refusal
  const curve = past(who, kind, values)
  return Object.defineProperty(curve, 'spec', {
    value: specOf(kind.type, kind.fields, values),
    enumerable: true,
  }) as Schedule
}

/** The values of fields, checked and with defaults, from an options object and perhaps a first argument. */
export function readValues<F extends Fields>(
  who: string,
  fields: F,
  options: unknown,
  first?: { readonly name: string; readonly value: unknown },
): Values<F> {
  const names = Object.keys(fields).filter((name) => name !== first?.name)
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw mismatch(who, `options as an object${names.length > 0 ? ` of ${names.join(', ')}` : ''}`, options)
  }
  const stray = Object.keys(options).find((name) => !names.includes(name))
  if (stray !== undefined) throw unknownName(who, names, stray)
  const given = options as Record<string, unknown>
  const values = Object.entries(fields).map(([name, field]) => {
    return [name, readField(who, name, field, name === first?.name ? first.value : given[name])]
  })
  return Object.fromEntries(values)
}

/** A type and its values as JSON: what was left out stays out, and so does an `after` of 'hold'. */
export function specOf(type: string, fields: Fields, values: Values<Fields>): ScheduleSpec {
  const spec: Record<string, SpecValue> & { type: string } = { type }
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name]
    if (value === undefined || (name === 'after' && value === 'hold')) continue
    spec[name] = field.spec(value)
  }
  return Object.freeze(spec)
}

function readField(who: string, name: string, field: Field<unknown>, value: unknown): unknown {
  if (value !== undefined) return field.read(who, name, value)
  if (field.optional || field.fallback !== undefined) return field.fallback
  throw mismatch(who, name, undefined, `${name} is ${field.about}`)
}

/** The kind's curve, followed by what `after` says. */
function past(who: string, kind: Kind, values: Values<Fields>): Curve {
  const curve = kind.curve(values)
  const { end, period } = kind.span?.(values) ?? { end: Infinity, period: Infinity }
  const after = values.after as After | undefined
  if (after === 'extrapolate' && kind.extrapolates?.(values) === false) {
    throw mismatch(who, 'after as hold, repeat or throw', after, 'its formula has no values past the end')
  }
  if (end === Infinity || after === 'extrapolate') return curve
  if (after === 'repeat') return (step) => curve(step % period)
  if (after === 'throw') return (step) => (step <= end ? curve(step) : tooFar(who, end, step))
  const last = curve(end)
  return (step) => (step < end ? curve(step) : last)
}

function tooFar(who: string, end: number, step: number): never {
  throw mismatch(
    who,
    `a step <= ${end}`,
    step,
    'train for fewer steps, or set after to hold, repeat or extrapolate',
  )
}
