import { mismatch } from '../core/mismatch.ts'
import { setName } from '../core/names.ts'
import {
  boolean,
  custom,
  type Declared,
  integer,
  type OptionsOf,
  present,
  readOptions,
} from '../core/options.ts'
import { listed } from '../core/text.ts'
import type { Variable } from '../core/variable.ts'
import type { SharedOptions, WeightOptions } from './rule.ts'

const pattern = custom<string>('a regular expression', isExpression)

/** Declaration of an option whose value is a regular expression, written as a string, so that JSON can hold it. */
export const expression: typeof pattern = {
  ...pattern,
  read(who, name, value) {
    if (!(value instanceof RegExp)) return pattern.read.call(this as never, who, name, value)
    throw mismatch(who, `${name} as the text of a regular expression`, `${value}`, `write '${value.source}'`)
  },
}

function isExpression(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value) !== undefined
  } catch {
    return false
  }
}

const members = {
  /** Regular expression: weights whose state names match it belong to the group. */
  match: expression,
  /** Maximum number of axes of a weight in the group: 1 for biases and the γ and β of normalizations. */
  maxRank: integer({ min: 0 }),
}

/** Conditions for a weight to belong to a parameter group: it must meet all that are given, one or more. */
export interface Members extends OptionsOf<typeof members> {}

const learning = {
  /** Whether the weights learn; if not, they are locked (see `nn.requiresGrad`) and have no state. @default true */
  trainable: boolean(true),
  /**
   * Step, counted from 0, at which the weights begin to learn. They are locked until then; their bias correction, as
   * Adam's, counts steps from there, schedules do not. @default 0
   */
  from: integer({ min: 0 }, 0),
  /**
   * Step, counted from 0, from which the weights are locked for the rest of the run. A batch normalization whose γ and
   * β are in the group is frozen from there on. @default never
   */
  until: integer({ min: 1 }),
}

/** Whether the weights of a parameter group learn, and in which steps. */
export interface Learning extends OptionsOf<typeof learning> {}

/** A parameter group: which weights are in it, and the options that they override. */
export type Group<D extends Declared> = Members & Learning & Partial<OptionsOf<D> & SharedOptions>

/**
 * Returns the indices of the groups whose `match` matches no trainable weight. Groups with only a `maxRank` are
 * omitted: they apply to any model, and may contain no weight.
 */
export const unmatched = (
  groups: readonly Members[],
  weights: ReadonlyMap<string, Variable>,
): readonly number[] =>
  groups.flatMap(({ match, maxRank, trainable }: Members & Learning, i) => {
    const has = membership('groups', present({ match, maxRank }))
    const counts = (weight: Variable): boolean => weight.trainable || (trainable === false && weight.isWeight)
    const isUsed = [...weights].some(([name, weight]) => counts(weight) && has(name, weight))
    return match === undefined || isUsed ? [] : [i]
  })

/**
 * Checks that each group with a `match` changes some weight.
 *
 * @throws {ArgumentError} when a `match` matches no weight, or earlier groups set all of a group's options.
 */
export function checkGroups(
  who: string,
  groups: readonly Members[],
  weights: ReadonlyMap<string, Variable>,
): void {
  checkMatches(who, groups, weights)
  checkEffects(who, groups, weights)
}

/** Checks that no `match` of a group is a typo. @throws {ArgumentError} when a group's `match` matches no weight. */
function checkMatches(who: string, groups: readonly Members[], weights: ReadonlyMap<string, Variable>): void {
  const [first] = unmatched(groups, weights)
  if (first === undefined) return
  const names = [...weights].flatMap(([name, { trainable }]) => (trainable ? [name] : []))
  const { match, maxRank } = groups[first]!
  const rank = maxRank === undefined ? '' : ` of rank ${maxRank} or less`
  const wanted = `groups[${first}].match as an expression that matches the name of a trained weight${rank}`
  const shown = names.length <= 6 ? names : [...names.slice(0, 5), `${names.length - 5} more`]
  throw mismatch(who, wanted, match, `the names are ${listed(shown)}`)
}

/**
 * Checks that each group with a `match` changes an option of some weight; of several groups that set an option, the
 * first wins.
 *
 * @throws {ArgumentError} naming a group whose options are all set by earlier groups for all of its weights.
 */
function checkEffects(who: string, groups: readonly Members[], weights: ReadonlyMap<string, Variable>): void {
  const parts = groups.map(({ match, maxRank, ...own }) => {
    return { names: Object.keys(own), has: membership(who, present({ match, maxRank })) }
  })
  const at = groups.findIndex(({ match }, i) => {
    const { names, has } = parts[i]!
    const mine = [...weights].filter(([name, weight]) => weight.trainable && has(name, weight))
    const isSet = (option: string, [name, weight]: readonly [string, Variable]): boolean =>
      parts.slice(0, i).some((before) => before.names.includes(option) && before.has(name, weight))
    return (
      match !== undefined && names.length > 0 && names.every((name) => mine.every((one) => isSet(name, one)))
    )
  })
  if (at < 0) return
  const { match } = groups[at]!
  const wanted = `groups[${at}] with a weight whose options no group before it sets`
  throw mismatch(who, wanted, match, 'the first group wins: put it further to the front')
}

/** The optimizer's options for each weight of a model, with parameter groups applied. */
export interface GroupedSettings {
  /** Options of weights that are in no parameter group. */
  readonly common: WeightOptions
  /** Returns a weight's options. Weights in the same groups (say, 0 and 2) share one options object. */
  of(name: string, weight: Variable): WeightOptions
}

/**
 * Returns the optimizer's options for each weight of a model, with the optimizer's parameter groups applied.
 *
 * @param complete returns all options, with defaults, of weights whose groups set the options `own`
 * @throws {ArgumentError} when a group has no condition or invalid options.
 */
export function grouping(
  who: string,
  groups: readonly Members[],
  complete: (own: object) => WeightOptions,
): GroupedSettings {
  const completed = ({ trainable, from, until, ...own }: Learning): WeightOptions => {
    const when = readOptions(who, learning, { trainable, from, until })
    if (when.until !== undefined && when.until <= when.from) {
      throw mismatch(who, `until as a step after from, ${when.from}`, when.until)
    }
    return { ...complete(own), ...present(when) }
  }
  const parts = groups.map(({ match, maxRank, ...own }: Members & Learning) => {
    completed(own) // refuses invalid options now, not when the optimizer is attached
    return { own, has: membership(who, { match, maxRank }) }
  })
  const named = (own: object, name: string): WeightOptions => {
    const settings = completed(own)
    setName(settings, name)
    return settings
  }
  const common = named({}, 'optimizer')
  const known = new Map([['', common]])
  return {
    common,
    of(name, weight) {
      const mine = parts.flatMap(({ has }, i) => (has(name, weight) ? [i] : []))
      const key = mine.join()
      const own = (): object => Object.assign({}, ...mine.toReversed().map((i) => parts[i]!.own))
      const settings = known.get(key) ?? named(own(), `optimizer.groups.${key}`)
      known.set(key, settings)
      return settings
    },
  }
}

function membership(who: string, given: object): (name: string, weight: Variable) => boolean {
  const { match, maxRank } = readOptions(who, members, given)
  if (match === undefined && maxRank === undefined) {
    throw mismatch(who, 'match or maxRank in each group', undefined, "write { match: 'bias', … }")
  }
  const pattern = new RegExp(match ?? '')
  return (name, { shape }) => pattern.test(name) && shape.length <= (maxRank ?? Number.POSITIVE_INFINITY)
}
