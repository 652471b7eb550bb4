import { mismatch } from '../core/mismatch.ts'
import type { Variable } from '../core/variable.ts'
import { checkOptions, expression, integer } from './options.ts'

/** Which weights a group is about; at least one must be given, and where both are, both must hold. */
export interface Members {
  /** A regular expression that is found in the weight's state name. */
  readonly match?: string
  /** The most axes that the weight may have. Biases and the weights of normalizations have 1. */
  readonly maxRank?: number
}

/** Some of the weights, with options of their own. */
export type Group<Own> = Members & Omit<Partial<Own>, 'groups' | 'clip' | 'average'>

/** The options of all weights. */
export interface GroupedOptions<Own> {
  /** Of the weights that are in no group. */
  readonly common: Own
  /** Of a weight. The same options are the same object. */
  of(name: string, weight: Variable): Own
}

/**
 * The options of each weight from those of the groups.
 *
 * @param complete options that are common to all with those of some groups over them
 * @throws {ArgumentError} when a group has no members, or options that cannot be.
 */
export function grouping<Own>(
  who: string,
  groups: readonly Group<object>[],
  complete: (own: object) => Own,
): GroupedOptions<Own> {
  const parts = groups.map(({ match, maxRank, ...own }) => {
    complete(own) // a wrong option is told here, not when a weight first has it
    return { own, has: membership(who, match, maxRank) }
  })
  const common = complete({})
  const known = new Map([['', common]])
  return {
    common,
    of(name, weight) {
      const mine = parts.flatMap(({ has }, i) => (has(name, weight) ? [i] : []))
      const key = mine.join()
      const options =
        known.get(key) ?? complete(Object.assign({}, ...mine.toReversed().map((i) => parts[i]!.own)))
      known.set(key, options)
      return options
    },
  }
}

function membership(
  who: string,
  match: unknown,
  maxRank: unknown,
): (name: string, weight: Variable) => boolean {
  if ((match !== undefined && !expression.ok(match)) || (match === undefined && maxRank === undefined)) {
    throw mismatch(who, "each group's match as a regular expression", match, "write { match: 'bias', … }")
  }
  if (maxRank !== undefined) checkOptions(who, { maxRank: integer(0) }, { maxRank }, [])
  const pattern = new RegExp((match as string | undefined) ?? '')
  const most = (maxRank as number | undefined) ?? Number.POSITIVE_INFINITY
  return (name, { shape }) => pattern.test(name) && shape.length <= most
}
