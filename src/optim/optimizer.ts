import { mismatch } from '../core/mismatch.ts'
import type { Variable } from '../core/variable.ts'
import { type Attached, attach } from './attach.ts'
import { type Average, checkAverage } from './average.ts'
import { type Clip, checkClip } from './clip.ts'
import { type Group, grouping } from './group.ts'
import { checkOptions } from './options.ts'
import { type Rule, type SharedOptions, tableOf } from './rule.ts'

/** How weights are changed: a rule without state, which may be attached to any number of models. */
export interface Optimizer {
  /** What was asked for: `type` and options. Plain data, but for functions that are no schedules. */
  readonly spec: Readonly<Record<string, unknown>>
  /**
   * The rule with fresh state for these weights, by state name.
   *
   * @param factor multiplies every learning rate, and is read at each step: what a controller says; 1 unless given
   */
  attach(weights: ReadonlyMap<string, Variable>, factor?: () => number): Attached
}

/** Options that every optimizer has. */
export interface CommonOptions<Own> extends SharedOptions {
  /** How gradients are kept from being too large; they are left alone unless given. */
  readonly clip?: Clip
  /** Averages of the weights, which evaluation uses; none unless given. */
  readonly average?: Average
  /**
   * Other options for some of the weights. A weight takes those of every group that it belongs to, and where two
   * give one option, the first group's. `{ match: 'bias|bn', weightDecay: 0 }` decays neither biases nor BN layers.
   */
  readonly groups?: readonly Group<Own>[]
}

/** An optimizer from its rule. @throws {ArgumentError} naming the first option that is unknown, missing or wrong. */
export function optimizer<Own extends CommonOptions<Own>>(rule: Rule<Own>, options: Own): Optimizer {
  const { groups = [], clip, average, ...common } = options
  const table = tableOf(rule)
  const complete = (own: object): Own & SharedOptions => {
    const given = { ...common, ...own }
    checkOptions(rule.type, table, given, ['lr'])
    const whole = { ...rule.defaults, ...given } as unknown as Own & SharedOptions
    rule.check?.(whole)
    return whole
  }
  const settings = grouping(rule.type, groups as readonly Group<object>[], complete)
  const clipped = clip && checkClip(rule.type, clip)
  const averaged = average && checkAverage(rule.type, average)
  if (averaged && rule.evaluation) {
    throw mismatch(rule.type, 'no average beside its own', average, 'leave average out')
  }
  return {
    spec: { type: rule.type, ...(options as object) },
    attach: (weights, factor = () => 1) =>
      attach(rule, settings, weights, factor, {
        ...(clipped && { clip: clipped }),
        ...(averaged && { average: averaged }),
      }),
  }
}
