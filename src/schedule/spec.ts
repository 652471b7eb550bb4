import { FormatError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Kind, make } from './kind.ts'
import { kinds } from './kinds.ts'
import { isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'

const byType: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [kind.type, kind]))

/**
 * The schedule that a spec describes. A number alone is that constant; a schedule is itself.
 *
 * @throws {ArgumentError} naming the field, when one is unknown, missing, of the wrong type or out of range
 */
export function fromSpec(spec: unknown): Schedule {
  if (typeof spec === 'number') return fromSpec({ type: 'constant', value: spec })
  if (isSchedule(spec)) return spec
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw mismatch('schedule.parse', 'a spec or its text', spec, "write { type: 'constant', value: 0.1 }")
  }
  const { type, ...fields } = spec as Partial<ScheduleSpec>
  const kind = kindOf(type)
  const values = Object.fromEntries(Object.entries(fields).map(([name, v]) => [name, inner(kind, name, v)]))
  const { [kind.first]: first, ...options } = values
  return make(kind, first, options)
}

/** The kind of this name. */
export function kindOf(type: unknown): Kind {
  const names = [...byType.keys()]
  if (typeof type !== 'string') throw mismatch('schedule.parse', `type as one of ${names.join(', ')}`, type)
  const kind = byType.get(type)
  if (kind === undefined) throw unknownName('schedule.parse', names, type, 'type as ')
  return kind
}

/** A spec's text, parsed. */
export function fromJson(text: string): Schedule {
  let spec: unknown
  try {
    spec = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`schedule.parse: wanted JSON, got ${(error as Error).message}`)
  }
  return fromSpec(spec)
}

/** A field's value with the specs in it made schedules. */
function inner(kind: Kind, name: string, value: SpecValue): unknown {
  const field = Object.hasOwn(kind.fields, name) ? kind.fields[name] : undefined
  if (value === undefined || field === undefined) return value
  if (field.kind === 'schedule') return fromSpec(value)
  if (field.kind === 'schedules' && Array.isArray(value)) return value.map(fromSpec)
  return value
}
