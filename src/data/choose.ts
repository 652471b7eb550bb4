import type { Random } from '../core/random.ts'

/** What decides which examples go to which part. Lists have an entry for each example. */
export interface Basis {
  readonly length: number
  /** Number of each example's class, of which each part gets its share; absent to ignore classes. */
  readonly classes?: ArrayLike<number>
  /** Number of each example's group, which stays whole; absent if each example is its own group. */
  readonly groups?: ArrayLike<number>
  /** Time of each example; later parts have later times. Absent for a choice at random. */
  readonly times?: ArrayLike<number>
}

/** Returns the integers from 0 to n − 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/**
 * Chooses about `wanted` of some examples: exactly as many without groups, and as near as whole groups come with them.
 * With times, the latest; of equal times, the last.
 */
export function chosen(examples: readonly number[], wanted: number, basis: Basis, stream: Random): number[] {
  const { classes, groups, times } = basis
  if (times) return byTime(examples, times).slice(-wanted)
  if (groups) {
    const whole = shuffled(listsBy(examples, groups), stream)
    const shares = [wanted / examples.length, 1 - wanted / examples.length]
    return dealtGroups(whole, classes, shares)[0]!
  }
  const strata = classes ? listsBy(examples, classes) : [examples]
  const sizes = apportion(wanted, strata)
  return strata.flatMap((stratum, i) => shuffled(stratum, stream).slice(0, sizes[i]))
}

/** Divides examples into `count` folds of about equal size; each fold has its share of each class. */
export function foldsOf(
  examples: readonly number[],
  count: number,
  { classes, groups }: Basis,
  stream: Random,
): number[][] {
  if (groups) {
    const whole = shuffled(listsBy(examples, groups), stream)
    return dealtGroups(whole, classes, new Array(count).fill(1 / count), unevenFirst)
  }
  // Examples are dealt to the folds in turn, class after class.
  const strata = classes ? listsBy(examples, classes) : [examples]
  const dealt = strata.flatMap((stratum) => shuffled(stratum, stream))
  return upTo(count).map((fold) => dealt.filter((_, place) => place % count === fold))
}

/** Training and validation examples of one fold. */
export interface Fold {
  readonly train: readonly number[]
  readonly validation: readonly number[]
}

/**
 * Returns the folds of forward chaining: k consecutive blocks of ⌊n / (k + 1)⌋ examples, of which the last ends with
 * the latest example; each is validated by a model trained on everything before it.
 *
 * Source: scikit-learn's `TimeSeriesSplit`.
 */
export function forwardChained(examples: readonly number[], count: number, times: ArrayLike<number>): Fold[] {
  const sorted = byTime(examples, times)
  const size = Math.floor(sorted.length / (count + 1))
  return upTo(count).map((fold) => {
    const start = sorted.length - (count - fold) * size
    return { train: sorted.slice(0, start), validation: sorted.slice(start, start + size) }
  })
}

/** Returns the examples that are not in `others`, in their order. */
export function allBut(examples: readonly number[], others: readonly number[]): number[] {
  const taken = new Set(others)
  return examples.filter((i) => !taken.has(i))
}

const byTime = (examples: readonly number[], times: ArrayLike<number>): number[] =>
  sortedBy(examples, (i) => times[i]!)

/** Returns the items in ascending order of `key`; items with equal keys keep their order. */
function sortedBy<T>(items: readonly T[], key: (item: T) => number): T[] {
  const keyed = items.map((item) => [item, key(item)] as const)
  return keyed.sort(([, a], [, b]) => a - b).map(([item]) => item)
}

/** Groups examples by their number, `numbers[example]`: returns one list per number, in ascending order. */
function listsBy(examples: readonly number[], numbers: ArrayLike<number>): number[][] {
  const lists = new Map<number, number[]>()
  for (const i of examples) {
    const list = lists.get(numbers[i]!)
    if (list) list.push(i)
    else lists.set(numbers[i]!, [i])
  }
  return sortedBy([...lists], ([number]) => number).map(([, list]) => list)
}

/** Divides `total` into an integer per stratum, in proportion to its size, rounding up the largest remainders. */
function apportion(total: number, strata: readonly (readonly number[])[]): number[] {
  const sizes = strata.map((stratum) => stratum.length)
  const all = sizes.reduce((a, b) => a + b, 0)
  const shares = sizes.map((size) => Math.floor((size * total) / all))
  const left = total - shares.reduce((a, b) => a + b, 0)
  const remainder = (i: number): number => (sizes[i]! * total) % all
  const byRemainder = sizes.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a))
  for (const i of byRemainder.slice(0, left)) shares[i]!++
  return shares
}

const shuffled = <T>(items: readonly T[], stream: Random): T[] =>
  Array.from(stream.permutation(items.length), (i) => items[i]!)

/** Distributes whole groups over parts, so that each part gets about its share of the examples of each class. */
function dealtGroups(
  groups: readonly (readonly number[])[],
  classes: ArrayLike<number> | undefined,
  shares: readonly number[],
  order: (rows: readonly (readonly number[])[]) => readonly number[] = (rows) => upTo(rows.length),
): number[][] {
  const rows = countsOf(groups, classes)
  const parts = dealt(rows, shares, order(rows))
  return shares.map((_, part) => groups.flatMap((group, i) => (parts[i] === part ? group : [])))
}

/** Returns a row for each group: its number of examples of each class or, without classes, of all examples. */
function countsOf(
  groups: readonly (readonly number[])[],
  classes: ArrayLike<number> | undefined,
): number[][] {
  if (!classes) return groups.map(({ length }) => [length])
  const known = [...new Set(groups.flat().map((i) => classes[i]!))]
  const columns = new Map(known.map((name, column) => [name, column]))
  return groups.map((group) => {
    const row = new Array<number>(known.length).fill(0)
    for (const i of group) row[columns.get(classes[i]!)!]!++
    return row
  })
}

/** Returns the numbers of the groups, those first whose classes differ most in size; of one class, the largest. */
export const unevenFirst = (rows: readonly (readonly number[])[]): number[] =>
  sortedBy(upTo(rows.length), (i) => -(rows[i]!.length > 1 ? deviation(rows[i]!) : rows[i]![0]!))

/**
 * Deals groups to parts one by one, each to the part with which the parts' classes are nearest to their shares: where
 * the standard deviation over the parts of (examples of a class ÷ those it should have), averaged over the classes, is
 * least; of equal ones, where there are fewest examples.
 *
 * Source: scikit-learn's `StratifiedGroupKFold`, whose parts have equal shares.
 *
 * @param rows for each group, its number of examples of each class
 * @param order numbers of the groups, in the order in which to deal them
 * @returns the part of each group
 */
export function dealt(
  rows: readonly (readonly number[])[],
  shares: readonly number[],
  order: readonly number[],
): number[] {
  const wanted = shares.map((share) =>
    rows[0]!.map((_, c) => share * rows.reduce((n, row) => n + row[c]!, 0)),
  )
  const filled = shares.map(() => rows[0]!.map(() => 0))
  const parts = new Array<number>(rows.length)
  for (const i of order) {
    const part = bestPart(filled, wanted, rows[i]!)
    for (const [c, n] of rows[i]!.entries()) filled[part]![c]! += n
    parts[i] = part
  }
  return parts
}

function bestPart(filled: readonly number[][], wanted: readonly number[][], row: readonly number[]): number {
  let best = { part: 0, spread: Number.POSITIVE_INFINITY, size: Number.POSITIVE_INFINITY }
  for (const part of upTo(filled.length)) {
    const ratio = (p: number, c: number): number =>
      (filled[p]![c]! + (p === part ? row[c]! : 0)) / wanted[p]![c]!
    const spreads = row.map((_, c) => deviation(filled.map((_, p) => ratio(p, c))))
    const spread = spreads.reduce((a, b) => a + b, 0) / row.length
    const size = filled[part]!.reduce((a, b) => a + b, 0)
    const isEqual = Math.abs(spread - best.spread) <= 1e-8 + 1e-5 * best.spread // as numpy.isclose
    if (isEqual ? size < best.size : spread < best.spread) best = { part, spread, size }
  }
  return best.part
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)
}
