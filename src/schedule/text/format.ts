import type { Field } from '../field.ts'
import type { Schedule, ScheduleSpec, SpecValue } from '../schedule.ts'
import { fromSpec, kindOf } from '../spec.ts'
import { phrases } from './phrase.ts'

/**
 * A schedule as short text, which `parse` reads back as its equal.
 *
 * @throws {ArgumentError} when part of it is a JavaScript function
 * @example schedule.format(schedule.cosineAnnealing(0.1, { tMax: 100 })) // 'cosine 0.1 to 0 over 100'
 */
export function format(schedule: Schedule): string {
  return print(schedule.spec)
}

function print(spec: ScheduleSpec): string {
  return printWarmup(spec) ?? printSeries(spec) ?? printItem(spec)
}

function printWarmup({
  type,
  schedule,
  steps,
  startFactor,
  shape,
  inside,
}: ScheduleSpec): string | undefined {
  if (type !== 'warmup' || inside === true) return undefined
  const how = shape === 'linear' ? '' : ` ${shape}`
  const from = startFactor === undefined ? '' : ` from ${startFactor}`
  const rest = schedule as ScheduleSpec
  return `warmup ${steps}${how}${from} + ${printSeries(rest) ?? printItem(rest)}`
}

/** `a for 5 then b`, unless adding the lengths up would give other milestones. */
function printSeries({ type, schedules, milestones }: ScheduleSpec): string | undefined {
  if (type !== 'sequential') return undefined
  const parts = schedules as ScheduleSpec[]
  const ends = milestones as number[]
  const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0))
  const exact = ends.every((end, i) => (ends[i - 1] ?? 0) + lengths[i]! === end)
  if (!exact || ends.length === 0) return undefined
  return parts
    .map((part, i) => `${printItem(part)}${i < lengths.length ? ` for ${lengths[i]}` : ''}`)
    .join(' then ')
}

function printItem(spec: ScheduleSpec): string {
  if (printWarmup(spec) !== undefined || printSeries(spec) !== undefined) return `(${print(spec)})`
  return printPhrase(spec) ?? printCall(spec)
}

/** The phrase for a spec, if one says all of it. */
function printPhrase(spec: ScheduleSpec): string | undefined {
  for (const { head, fields, fromSpec: numbersOf, toSpec } of phrases) {
    const values = numbersOf(spec)
    if (values === undefined) continue
    const [first, ...rest] = fields
    const numbers = [first, ...rest.map(([, field]) => field)].map((field) => [field, values[field]] as const)
    if (numbers.some(([, value]) => typeof value !== 'number')) continue
    const said = fromSpec(toSpec(Object.fromEntries(numbers) as Record<string, number>))
    if (JSON.stringify(said.spec) !== JSON.stringify(spec)) continue
    if (head === 'constant') return printNumber(values[first] as number)
    const words = rest.map(([word, field]) => ` ${word} ${printNumber(values[field] as number)}`)
    return `${head} ${printNumber(values[first] as number)}${words.join('')}`
  }
  return undefined
}

/** As a constructor's call, without the options that have their default. */
function printCall({ type, ...values }: ScheduleSpec): string {
  const { fields, first } = kindOf(type)
  const args = Object.entries(values).flatMap(([name, value]) => {
    const field = fields[name]!
    if (name !== first && Object.is(value, field.fallback)) return []
    const text = printValue(value, field)
    return [name === first ? text : `${name}: ${text}`]
  })
  return `${type}(${args.join(', ')})`
}

function printValue(value: SpecValue, field: Field<unknown>): string {
  if (field.kind === 'schedule') return print(value as ScheduleSpec)
  if (field.kind === 'schedules') return `[${(value as ScheduleSpec[]).map(print).join(', ')}]`
  if (typeof value === 'number') return printNumber(value)
  if (Array.isArray(value)) return `[${value.map((v: SpecValue) => printValue(v, field)).join(', ')}]`
  if (typeof value === 'object' && 'toJSON' in value) return String((value as { toJSON(): never }).toJSON())
  return typeof value === 'string' && !/^[a-z]\w*$/i.test(value) ? `'${value}'` : String(value)
}

/** As JavaScript writes it; −0 keeps its sign, so that a spec comes back the same. */
function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
