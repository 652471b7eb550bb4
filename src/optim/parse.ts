import { mismatch, unknownName } from '../core/mismatch.ts'
import * as schedule from '../schedule/index.ts'
import { adamRule, adamwRule } from './adam.ts'
import { type CommonOptions, type Optimizer, optimizer, type Rule } from './optimizer.ts'
import { sgdRule } from './sgd.ts'

const rules = [sgdRule, adamRule, adamwRule] as readonly Rule<CommonOptions<object>>[]

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
  const { type, groups, ...options } = spec as Record<string, unknown>
  const rule = rules.find((known) => known.type === type)
  if (!rule)
    throw unknownName(
      'optimizer',
      rules.map((known) => known.type),
      String(type),
      'type as ',
    )
  const own = Array.isArray(groups) ? { groups: groups.map((group) => withSchedules(rule, group)) } : {}
  return optimizer(rule, { ...withSchedules(rule, options), ...own } as unknown as CommonOptions<object>)
}

/** Options with the specs and texts in them made schedules. */
const withSchedules = (rule: Rule<CommonOptions<object>>, options: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      rule.options[name]?.scheduled && (typeof value === 'object' || typeof value === 'string')
        ? schedule.parse(value)
        : value,
    ]),
  )
