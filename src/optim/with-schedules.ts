import type { Declared } from '../core/options.ts'
import { asSchedule } from '../schedule/schedulable.ts'
import { averageOptions } from './average.ts'
import { clipOptions } from './clip.ts'
import { optionsOf, type Rule, type SharedOptions } from './rule.ts'

/** Returns options with all schedules parsed from JSON or text to functions; does not check other options. */
export function withSchedules(rule: Rule, given: Readonly<Record<string, unknown>>): SharedOptions {
  const { clip, average, groups, ...own } = given
  const options = optionsOf(rule)
  return {
    ...parsed(options, own),
    ...(clip !== undefined && { clip: parsed(clipOptions(rule.type, clip), clip as object) }),
    ...(average !== undefined && { average: parsed(averageOptions(rule.type, average), average as object) }),
    ...(groups !== undefined && {
      groups: Array.isArray(groups) ? groups.map((group) => parsed(options, group)) : groups,
    }),
  } as unknown as SharedOptions
}

const parsed = (declared: Declared, given: object): object =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const scheduled = Object.hasOwn(declared, name) && declared[name]!.scheduled
      return [name, scheduled ? asSchedule(value) : value]
    }),
  )
