import { checkFields } from '../../core/mismatch.ts'
import { isFraction, percentIn, type StepCount } from '../length.ts'
import type { Schedule, ScheduleSpec, SpecValue } from '../schedule.ts'
import { fromSpec, kindOf } from '../spec.ts'
import { phrases } from './phrase.ts'

/**
 * Formats a schedule as short text, from which `parse` makes an equal schedule.
 *
 * @throws {ArgumentError} when the schedule contains a JavaScript function
 * @example schedule.format(schedule.cosineAnnealing(0.1, { tMax: 100 })) // 'cosine 0.1 to 0 over 100'
 */
export function format(schedule: Schedule): string {
  checkFields('schedule.format', 'a schedule', schedule, 'spec')
  return print(schedule.spec)
}

function print(spec: ScheduleSpec): string {
  return printWarmup(spec) ?? printSeries(spec) ?? printItem(spec)
}

function printWarmup(spec: ScheduleSpec): string | undefined {
  const { type, schedule, steps, startFactor, shape, inside } = spec
  if (type !== 'warmup' || inside === true || steps === 'rest') return undefined
  const how = shape === 'linear' ? '' : ` ${shape}`
  const from = startFactor === undefined ? '' : ` from ${startFactor}`
  const rest = schedule as ScheduleSpec
  return `warmup ${steps}${how}${from} + ${printSeries(rest) ?? printItem(rest)}`
}

/** Formats a `sequential` spec as `a for 5 then b`; undefined if rounding would change a milestone. */
function printSeries({ type, schedules, milestones }: ScheduleSpec): string | undefined {
  if (type !== 'sequential') return undefined
  const parts = schedules as ScheduleSpec[]
  const ends = milestones as StepCount[]
  const percents = ends.map(percentIn).filter((percent) => percent !== undefined)
  const isPercent = percents.length > 0
  if (percents.length !== (isPercent ? ends.length : 0)) return undefined
  const lengths = lengthsBetween(isPercent ? percents : ends.map(Number))
  return (
    lengths &&
    parts
      .map(
        (part, i) =>
          `${printItem(part)}${i < lengths.length ? ` for ${lengths[i]}${isPercent ? '%' : ''}` : ''}`,
      )
      .join(' then ')
  )
}

/** Returns the lengths between milestones; undefined if there are none, or their rounded sums do not match. */
function lengthsBetween(ends: readonly number[]): number[] | undefined {
  const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0))
  const isExact = ends.every((end, i) => (ends[i - 1] ?? 0) + lengths[i]! === end)
  return isExact && ends.length > 0 ? lengths : undefined
}

function printItem(spec: ScheduleSpec): string {
  const series = printWarmup(spec) ?? printSeries(spec)
  return series === undefined ? (printPhrase(spec) ?? printCall(spec)) : `(${series})`
}

/** Formats a spec as a phrase like `step 1 times 0.1 every 30`; undefined if none parses to an equal spec. */
function printPhrase(spec: ScheduleSpec): string | undefined {
  for (const { head, fields, fromSpec: numbersOf, toSpec } of phrases) {
    const values = numbersOf(spec)
    if (values === undefined) continue
    const [first, ...rest] = fields
    const numbers = [first, ...rest.map(([, field]) => field)].map((field) => [field, values[field]] as const)
    if (numbers.some(([, value]) => typeof value !== 'number' && !isFraction(value))) continue
    if (rest.some(([word, field]) => word !== 'over' && values[field] === 'rest')) continue
    const read = fromSpec(toSpec(Object.fromEntries(numbers) as Record<string, StepCount>))
    if (JSON.stringify(read.spec) !== JSON.stringify(spec)) continue
    if (head === 'constant') return printValue(values[first])
    const words = rest.map(([word, field]) =>
      values[field] === 'rest' ? '' : ` ${word} ${printValue(values[field])}`,
    )
    return `${head} ${printValue(values[first])}${words.join('')}`
  }
  return undefined
}

/** Formats a spec as a call, `swa(0.1, swaLr: 0.05)`, without the options that have their default. */
function printCall({ type, ...values }: ScheduleSpec): string {
  const { fields, first } = kindOf(type)
  const args = Object.entries(values).flatMap(([name, value]) => {
    if (name === first) return [printValue(value)]
    return Object.is(value, fields[name]!.fallback) ? [] : [`${name}: ${printValue(value)}`]
  })
  return `${type}(${args.join(', ')})`
}

function printValue(value: SpecValue): string {
  if (typeof value === 'number') return printNumber(value)
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`
  // An object that is not a spec stands for a JavaScript function, and stringify throws.
  if (typeof value === 'object') return 'type' in value ? print(value as ScheduleSpec) : JSON.stringify(value)
  const isBare = typeof value !== 'string' || /^[a-z]\w*$/i.test(value) || isFraction(value)
  return isBare ? String(value) : `'${value}'`
}

/** Formats a number as JavaScript does, but −0 as '-0', so that parsing the text gives the same spec. */
function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
