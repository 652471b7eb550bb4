import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { type Attached, attach } from './attach.ts'
import { type Average, readAverage } from './average.ts'
import { type Clip, readClip } from './clip.ts'
import { type Group, grouping, type Members } from './group.ts'
import { optionsOf, type Rule, type SharedOptions, type WeightOptions } from './rule.ts'
import type { Traits } from './traits.ts'
import { withSchedules } from './with-schedules.ts'

/** How weights are updated: a rule without state, which may be attached to any number of models. */
export interface Optimizer {
  /** What the caller gave: `type` and options. Plain data, except for functions that are not schedules. */
  readonly spec: Readonly<Record<string, unknown>>
  /**
   * What the optimizer declares about itself.
   *
   * @param options of a weight, complete. @default those of weights in no group
   */
  traits(options?: Readonly<Record<string, unknown>>): Traits
  /** The same rule with some options changed. Schedules may be given as specs or texts. */
  with(changes: Readonly<Record<string, unknown>>): Optimizer
  /**
   * The rule with fresh state for these weights, by state name.
   *
   * @param factor multiplies every learning rate, and is read at each step: the factor of a controller.
   *   @default 1
   */
  attach(weights: ReadonlyMap<string, Variable>, factor?: () => number): Attached
}

/** Options of every optimizer. */
export interface CommonOptions<D extends Declared = Record<never, never>> extends SharedOptions {
  /** Limit on the size of gradients. @default none */
  readonly clip?: Clip
  /** Averages of the weights, which evaluation uses. @default none */
  readonly average?: Average
  /**
   * Other options for some of the weights. A weight takes the options of every group that it belongs to; where
   * two give the same option, the first group wins. `{ match: 'bias|bn', weightDecay: 0 }` decays neither
   * biases nor BN layers.
   */
  readonly groups?: readonly Group<D>[]
}

/**
 * Makes an optimizer from its rule.
 *
 * @throws {ArgumentError} naming the first option that is unknown, missing or wrong.
 */
export function optimizer<D extends Declared>(
  rule: Rule<D>,
  given: OptionsOf<D> & CommonOptions<D>,
): Optimizer {
  const { type, evaluation } = rule
  const { groups = [], clip, average, ...common } = given
  const options = optionsOf(rule)
  checkNames(type, [...Object.keys(options), 'clip', 'average', 'groups'], given)
  const complete = (own: object): WeightOptions => {
    const whole = readOptions(type, options, { ...common, ...own }) as WeightOptions<never>
    rule.check?.(whole)
    return whole
  }
  const settings = grouping(type, groups as readonly Members[], complete)
  const averaged = average && readAverage(type, average)
  if (averaged && evaluation) throw mismatch(type, 'no average beside its own', average, 'leave average out')
  const evaluated = averaged ?? (evaluation ? { type, batchNorm: 'recalibrate' as const } : undefined)
  const around = { clip: clip && readClip(type, clip), average: averaged }
  return {
    spec: { type, ...given },
    traits: (weight = settings.common) => ({
      type,
      ...rule.traits?.(weight as WeightOptions<never>),
      ...(evaluated && { evaluation: { type: evaluated.type, batchNorm: evaluated.batchNorm } }),
    }),
    with: (changes) => optimizer<Declared>(rule, withSchedules(rule, { ...given, ...changes })),
    attach: (weights, factor = () => 1) => attach(rule, settings, weights, factor, around),
  }
}
