import { ArgumentError, FormatError } from '../core/errors.ts'
import { faultOf } from '../core/json.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Kind, make } from './kind.ts'
import { kinds } from './kinds.ts'
import { inner, inners } from './options.ts'
import { isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'

const kindsByType: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [kind.type, kind]))

/**
 * Returns the schedule that a spec (plain JSON) describes. A number becomes a `constant` schedule; a
 * schedule is returned unchanged.
 *
 * @throws {ArgumentError} naming a field that is unknown, missing, of the wrong type or out of range, or when
 *   schedules are nested more than 100 deep
 */
export const fromSpec = (spec: unknown): Schedule => nestedIn(0, spec)

/** Maximum depth of nested specs: their values are computed recursively, and the call stack is limited. */
const maxDepth = 100

function nestedIn(depth: number, spec: unknown): Schedule {
  if (typeof spec === 'number') return nestedIn(depth, { type: 'constant', value: spec })
  if (isSchedule(spec)) return spec
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw mismatch('schedule.parse', 'a spec or its text', spec, "write { type: 'constant', value: 0.1 }")
  }
  if (depth > maxDepth) {
    throw new ArgumentError(`schedule.parse: wanted schedules nested at most ${maxDepth} deep, got more`)
  }
  const { type, ...fields } = spec as Partial<ScheduleSpec>
  const kind = kindOf(type)
  const values = Object.entries(fields).map(([name, value]) => [name, fieldOf(kind, name, value, depth + 1)])
  return make(kind, Object.fromEntries(values))
}

/** Returns the definition of a type of schedule by its name. @throws {ArgumentError} for an unknown name */
export const kindOf = (type: unknown): Kind => ofType('schedule.parse', kindsByType, type)

/** Returns the entry of the table `known` for a spec's `type`. @throws {ArgumentError} for an unknown name */
export function ofType<T>(who: string, known: ReadonlyMap<string, T>, type: unknown): T {
  const names = [...known.keys()]
  if (typeof type !== 'string') throw mismatch(who, `type as one of ${names.join(', ')}`, type)
  const found = known.get(type)
  if (found === undefined) throw unknownName(who, names, type, 'type as ')
  return found
}

/** Returns the schedule that a JSON text describes. */
export function fromJson(text: string): Schedule {
  let spec: unknown
  try {
    spec = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`schedule.parse: wanted JSON, got ${(error as Error).message}`)
  }
  const fault = faultOf(text)
  if (fault !== undefined) throw new FormatError(`schedule.parse: wanted JSON of a schedule, got ${fault}`)
  return fromSpec(spec)
}

/** Returns a field's value, in which schedules replace specs of schedules. @param depth nesting level of these specs */
function fieldOf(kind: Kind, name: string, value: SpecValue, depth: number): unknown {
  const option = kind.fields[name]
  if (option === inner && value !== undefined) return nestedIn(depth, value)
  return option === inners && Array.isArray(value) ? value.map((one) => nestedIn(depth, one)) : value
}
