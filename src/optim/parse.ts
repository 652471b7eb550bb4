import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Optimizer, optimizer } from './optimizer.ts'
import type { Rule, SharedOptions } from './rule.ts'
import { adagrad } from './rules/adagrad.ts'
import { adam, adamw } from './rules/adam.ts'
import { lamb } from './rules/lamb.ts'
import { lars } from './rules/lars.ts'
import { lion } from './rules/lion.ts'
import { muon } from './rules/muon.ts'
import { nadam } from './rules/nadam.ts'
import { prodigy } from './rules/prodigy.ts'
import { radam } from './rules/radam.ts'
import { rmsprop } from './rules/rmsprop.ts'
import { scheduleFreeAdamW, scheduleFreeSgd } from './rules/schedule-free.ts'
import { sgd } from './rules/sgd.ts'

/** The update rules of all optimizers in this library. */
export const rules: readonly Rule[] = [
  ...[sgd, adam, adamw, rmsprop, adagrad, nadam, radam, lars, lamb, lion],
  ...[scheduleFreeSgd, scheduleFreeAdamW, muon, prodigy],
].map(({ rule }) => rule)

/**
 * Makes an optimizer from its spec (plain data), such as `{ type: 'sgd', lr: 0.1, momentum: 0.9 }`. Schedules in the
 * spec may be given as specs or as text.
 *
 * @throws {ArgumentError} naming the first option that is unknown or invalid.
 */
export function parse(spec: unknown): Optimizer {
  if (typeof spec !== 'object' || spec === null) {
    throw mismatch('optimizer', "an object such as { type: 'sgd', lr: 0.1 }", spec)
  }
  const { type, ...options } = spec as Record<string, unknown>
  const rule = rules.find((known) => known.type === type)
  if (rule) return optimizer(rule, options as unknown as SharedOptions)
  const types = rules.map((known) => known.type)
  throw unknownName('optimizer', types, String(type), 'type as ')
}
