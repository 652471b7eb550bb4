import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { checkNames, type Declared, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { type Attached, AttachedRule } from './attach.ts'
import { type Average, readAverage } from './average.ts'
import { type Clip, readClip } from './clip.ts'
import { checkGroups, type Group, grouping, type Members } from './group.ts'
import { optionsOf, type Rule, type SharedOptions, type WeightOptions } from './rule.ts'
import type { Traits } from './traits.ts'
import { withSchedules } from './with-schedules.ts'

/** An optimizer, such as SGD, with its options. It has no state: attaching it to a model creates the state. */
export interface Optimizer {
  /** The optimizer's `type` and options as JSON, except for options that are functions but not schedules. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Returns the optimizer's properties. @param options a weight's options. @default those of weights in no group */
  traits(options?: Readonly<Record<string, unknown>>): Traits
  /** Returns a copy of the optimizer with some options changed. Schedules may also be given as JSON or text. */
  with(changes: Readonly<Record<string, unknown>>): Optimizer
  /**
   * Attaches the optimizer to a model: creates its state for `weights`, a map from state names to weights.
   *
   * @param factor returns the factor by which controllers (`reduceOnPlateau`) currently scale all rates. @default 1
   * @param isPartial whether `weights` are only some of the model's weights, so that groups may match none of them
   * @throws {ArgumentError} when the `match` of a group matches no trained weight.
   */
  attach(weights: ReadonlyMap<string, Variable>, factor?: () => number, isPartial?: boolean): Attached
}

/** Options that every optimizer has. */
export interface CommonOptions<D extends Declared = Record<never, never>> extends SharedOptions {
  /** Gradient clipping. @default none */
  readonly clip?: Clip
  /** Average of the weights over steps, used in evaluation instead of the latest weights. @default none */
  readonly average?: Average
  /**
   * Parameter groups: each overrides options for some weights. With `{ match: 'bias|bn', weightDecay: 0 }`,
   * neither biases nor BN layers decay. If several groups set an option of a weight, the first one wins.
   */
  readonly groups?: readonly Group<D>[]
}

/** A function that makes an optimizer from its options, such as `optim.sgd`. */
export interface OptimizerConstructor<Options> {
  /** Makes an optimizer. @throws {ArgumentError} naming the first option that is unknown, missing or invalid. */
  (options: Options): Optimizer
  readonly rule: Rule
}

/** Returns a function, such as `optim.sgd`, that makes optimizers with the given update rule. */
export const defineOptimizer = <D extends Declared, O extends OptionsOf<D> & CommonOptions<D>>(
  rule: Rule<D>,
): OptimizerConstructor<O> => Object.assign((options: O) => optimizer(rule, options), { rule })

/** Makes an optimizer. @throws {ArgumentError} naming the first option that is unknown, missing or invalid. */
export function optimizer<D extends Declared>(
  rule: Rule<D>,
  source: OptionsOf<D> & CommonOptions<D>,
): Optimizer {
  const { type, evaluation } = rule
  const options = optionsOf(rule)
  checkNames(type, [...Object.keys(options), 'clip', 'average', 'groups'], source)
  const given = withSchedules(rule, source)
  const { groups = [], clip, average, ...common } = given as OptionsOf<D> & CommonOptions<D>
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
    with: (changes) => optimizer<Declared>(rule, { ...given, ...changes }),
    attach(weights, factor = () => 1, isPartial = false) {
      if (!(weights instanceof Map || Array.isArray(weights))) {
        throw mismatch(type, 'weights by name', weights, 'write optimizer.attach(nn.variables(model))')
      }
      if (!isPartial) checkGroups(type, groups as readonly Members[], weights)
      const attached = new AttachedRule(configuration, weights, factor)
      if (!isPartial) checkLearning(type, attached, weights)
      return attached
    },
  }
}

/** @throws {ArgumentError} when no weight learns at some step. */
function checkLearning(who: string, attached: Attached, weights: ReadonlyMap<string, Variable>): void {
  if (![...weights.values()].some(({ isWeight }) => isWeight)) return
  const idle = [0, ...attached.borders].find((step) => attached.at(step, () => attached.trained.length) === 0)
  if (idle === undefined) return
  if (idle > 0) {
    const fix = 'leave some out of the groups with until'
    throw new ArgumentError(
      `${who}: wanted a weight that learns in each step, got none at step ${idle}; ${fix}`,
    )
  }
  const [first] = attached.borders
  const got = first === undefined ? 'none: all are locked' : `none before step ${first}`
  const fix =
    first === undefined ? 'unlock some with nn.requiresGrad' : 'leave some out of the groups with from'
  throw new ArgumentError(`${who}: wanted a weight that learns from step 0, got ${got}; ${fix}`)
}
