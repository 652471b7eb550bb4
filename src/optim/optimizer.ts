import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { type Attached, AttachedRule } from './attach.ts'
import { type Average, readAverage } from './average.ts'
import { type Clip, readClip } from './clip.ts'
import { type Group, grouping, type Members } from './group.ts'
import { optionsOf, type Rule, type SharedOptions, type WeightOptions } from './rule.ts'
import type { Traits } from './traits.ts'
import { withSchedules } from './with-schedules.ts'

/** A method of updating weights, without state: it can be attached to any number of models. */
export interface Optimizer {
  /** The `type` and options of the optimizer, as plain data except for functions that are not schedules. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Returns the optimizer's traits. @param options of a weight, complete. @default those outside of groups */
  traits(options?: Readonly<Record<string, unknown>>): Traits
  /** Returns the optimizer with some options changed. A schedule can be written as its spec or its text. */
  with(changes: Readonly<Record<string, unknown>>): Optimizer
  /**
   * Creates the optimizer's state for these weights, by state name.
   *
   * @param factor returns a controller's current factor of all learning rates. @default 1
   */
  attach(weights: ReadonlyMap<string, Variable>, factor?: () => number): Attached
}

/** Options of every optimizer. */
export interface CommonOptions<D extends Declared = Record<never, never>> extends SharedOptions {
  /** Gradient clipping. @default none */
  readonly clip?: Clip
  /** Average of the weights over steps, which evaluation uses instead of the weights. @default none */
  readonly average?: Average
  /**
   * Options that override those above for some weights: with `{ match: 'bias|bn', weightDecay: 0 }` neither
   * biases nor BN layers decay. Where a weight is in several groups with the same option, the first group wins.
   */
  readonly groups?: readonly Group<D>[]
}

/** A function that makes optimizers with one update rule. */
export interface OptimizerConstructor<Options> {
  /** @throws {ArgumentError} naming the first option that is unknown, missing or invalid. */
  (options: Options): Optimizer
  readonly rule: Rule
}

/** Returns the function that makes optimizers with an update rule. */
export const defineOptimizer = <D extends Declared, O extends OptionsOf<D> & CommonOptions<D>>(
  rule: Rule<D>,
): OptimizerConstructor<O> => Object.assign((options: O) => optimizer(rule, options), { rule })

/** Makes an optimizer. @throws {ArgumentError} naming the first option that is unknown, missing or invalid. */
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
  const configuration = { rule, settings, clip: clip && readClip(type, clip), average: averaged }
  return {
    spec: { type, ...given },
    traits: (weight = settings.common) => ({
      type,
      ...rule.traits?.(weight as WeightOptions<never>),
      ...(evaluated && { evaluation: { type: evaluated.type, batchNorm: evaluated.batchNorm } }),
    }),
    with: (changes) => optimizer<Declared>(rule, withSchedules(rule, { ...given, ...changes })),
    attach: (weights, factor = () => 1) => new AttachedRule(configuration, weights, factor),
  }
}
