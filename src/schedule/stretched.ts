import { isFraction } from './length.ts'
import { points } from './options.ts'
import { isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'
import { fromSpec, kindOf } from './spec.ts'
import { timingOf } from './timing-of.ts'

/**
 * Returns a schedule whose curve fills a whole run of any length: each length in steps becomes a percentage of
 * the schedule's total length, rounded to four digits. Undefined if the schedule has no end or no lengths.
 */
export function stretched(schedule: Schedule): Schedule | undefined {
  const { end } = timingOf(schedule)
  if (!(end > 0 && Number.isFinite(end))) return undefined
  try {
    const relative = fromSpec(inPercent(schedule.spec, end))
    return isSchedule(relative) && relative.within ? relative : undefined
  } catch {
    return undefined // a formula that is a function, or lengths in epochs
  }
}

function inPercent(spec: ScheduleSpec, end: number): ScheduleSpec {
  if (spec.type === 'perEpoch') throw new Error('lengths in epochs')
  const { fields } = kindOf(spec.type)
  const entries = Object.entries(spec).map(([name, value]) => {
    if (name === 'type') return [name, value]
    const field = fields[name]!
    return [name, field === points ? pointsIn(value, end) : valueIn(value, takesFractions(field.json), end)]
  })
  return Object.fromEntries(entries)
}

/** Converts lengths in steps to percentages of `end` steps, in a schedule field's value and in inner schedules. */
function valueIn(value: SpecValue, isLength: boolean, end: number): SpecValue {
  if (Array.isArray(value)) return value.map((one: SpecValue) => valueIn(one, isLength, end))
  if (typeof value === 'number') return isLength ? percentOf(value, end) : value
  return typeof value === 'object' && 'type' in value ? inPercent(value as ScheduleSpec, end) : value
}

const pointsIn = (value: SpecValue, end: number): SpecValue =>
  (value as readonly (readonly [number, number])[]).map(([step, y]) => [
    step === 0 ? 0 : percentOf(step, end),
    y,
  ])

const percentOf = (steps: number, end: number): string => `${Number(((100 * steps) / end).toPrecision(4))}%`

interface Schema {
  readonly anyOf?: readonly { readonly const?: unknown }[]
  readonly items?: Schema
}

/** Whether the JSON Schema of an option permits fractions of a run. */
function takesFractions(schema: Schema | undefined): boolean {
  if (schema?.items) return takesFractions(schema.items)
  return schema?.anyOf?.some((one) => isFraction(one.const)) ?? false
}
