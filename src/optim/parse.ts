import { mismatch, unknownName } from '../core/mismatch.ts'
import { averageTable } from './average.ts'
import { clipTable } from './clip.ts'
import { type CommonOptions, type Optimizer, optimizer } from './optimizer.ts'
import { withSchedules } from './options.ts'
import { type Rule, tableOf } from './rule.ts'
import { adagradRule } from './rules/adagrad.ts'
import { adamRule, adamwRule } from './rules/adam.ts'
import { lambRule } from './rules/lamb.ts'
import { larsRule } from './rules/lars.ts'
import { lionRule } from './rules/lion.ts'
import { nadamRule } from './rules/nadam.ts'
import { radamRule } from './rules/radam.ts'
import { rmspropRule } from './rules/rmsprop.ts'
import { scheduleFreeAdamWRule, scheduleFreeSgdRule } from './rules/schedule-free.ts'
import { sgdRule } from './rules/sgd.ts'

/** A rule whose options nobody has looked at. */
interface Unread extends CommonOptions<Unread> {}

const rules = [
  sgdRule,
  adamRule,
  adamwRule,
  rmspropRule,
  adagradRule,
  nadamRule,
  radamRule,
  larsRule,
  lambRule,
  lionRule,
  scheduleFreeSgdRule,
  scheduleFreeAdamWRule,
] as unknown as readonly Rule<Unread>[]

/**
 * The optimizer that a spec describes, such as `{ type: 'sgd', lr: 0.1, momentum: 0.9 }`. Where a schedule may
 * stand, so may its spec or its text.
 *
 * @throws {ArgumentError} naming the first option that is unknown or wrong.
 */
export function parse(spec: unknown): Optimizer {
  if (typeof spec !== 'object' || spec === null) {
    throw mismatch('optimizer', "an object such as { type: 'sgd', lr: 0.1 }", spec)
  }
  const { type, ...options } = spec as Record<string, unknown>
  const rule = rules.find((known) => known.type === type)
  if (!rule) {
    const names = rules.map((known) => known.type)
    throw unknownName('optimizer', names, String(type), 'type as ')
  }
  return optimizer(rule, read(rule, options) as Unread)
}

/** Options with the specs and texts in them made schedules. */
function read(rule: Rule<Unread>, options: Readonly<Record<string, unknown>>): object {
  const { clip, average, groups, ...own } = options
  const table = tableOf(rule)
  return {
    ...withSchedules(table, own),
    ...(clip !== undefined && { clip: withSchedules(clipTable(rule.type, clip), clip as object as never) }),
    ...(average !== undefined && {
      average: withSchedules(averageTable(rule.type, average), average as object as never),
    }),
    ...(groups !== undefined && {
      groups: Array.isArray(groups) ? groups.map((group) => withSchedules(table, group)) : groups,
    }),
  }
}
