import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Optimizer, optimizer } from './optimizer.ts'
import type { Rule } from './rule.ts'
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
import { withSchedules } from './with-schedules.ts'

/** The rule of every optimizer. */
export const rules: readonly Rule[] = [
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
]

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
  return optimizer(rule, withSchedules(rule, options))
}
