import { mismatch } from '../core/mismatch.ts'
import { setName } from '../core/names.ts'
import { custom, type Declared, integer, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import type { SharedOptions, WeightOptions } from './rule.ts'

/** A regular expression, as a text. */
export const expression = custom<string>('a regular expression', isExpression)

function isExpression(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value) !== undefined
  } catch {
    return false
  }
}

const members = {
  /** Regular expression that is found in the weight's state name. */
  match: expression,
  /** Most axes that the weight may have. Biases and the weights of normalizations have 1. */
  maxRank: integer({ min: 0 }),
}

/** Weights that belong to a group; at least one condition must be given, and where both are, both must hold. */
export interface Members extends OptionsOf<typeof members> {}

/** Some of the weights, with their own options. */
export type Group<D extends Declared> = Members & Partial<OptionsOf<D> & SharedOptions>

/** The options of all weights. */
export interface GroupedSettings {
  /** Options of weights in no group. */
  readonly common: WeightOptions
  /**
   * Options of a weight. Equal options are the same object, named `optimizer` or, in groups 0 and 2,
   * `optimizer.groups.0,2`.
   */
  of(name: string, weight: Variable): WeightOptions
}

/**
 * The options of each weight from those of the groups.
 *
 * @param complete the common options, with those of some groups over them
 * @throws {ArgumentError} when a group has no members, or wrong options.
 */
export function grouping(
  who: string,
  groups: readonly Members[],
  complete: (own: object) => WeightOptions,
): GroupedSettings {
  const parts = groups.map(({ match, maxRank, ...own }) => {
    complete(own) // reports a wrong option here, not when a weight first takes it
    return { own, has: membership(who, { match, maxRank }) }
  })
  const named = (settings: WeightOptions, name: string): WeightOptions => {
    setName(settings, name)
    return settings
  }
  const common = named(complete({}), 'optimizer')
  const known = new Map([['', common]])
  return {
    common,
    of(name, weight) {
      const mine = parts.flatMap(({ has }, i) => (has(name, weight) ? [i] : []))
      const key = mine.join()
      const own = (): object => Object.assign({}, ...mine.toReversed().map((i) => parts[i]!.own))
      const settings = known.get(key) ?? named(complete(own()), `optimizer.groups.${key}`)
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
