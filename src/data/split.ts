import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, integer, number, type OptionsOf, readOptions, required } from '../core/options.ts'
import { type Random, random } from '../core/random.ts'
import { type Dataset, type Split, subset } from './dataset.ts'

const common = {
  /** Seed of the random choice. @default 0 */
  seed: number({}, 0),
  /** Whether each class has its share of every part. @default true where there are classes */
  stratify: boolean(),
}

const splitOptions = {
  /** Size of the validation part: a fraction between 0 and 1, or a number of examples. */
  validation: required(number()),
  ...common,
}

export interface SplitOptions extends OptionsOf<typeof splitOptions> {}

/**
 * Splits a data set in two at random. Both parts keep the order of the whole.
 *
 * With `stratify`, the number of each class in the validation part is within one of its exact share.
 *
 * @throws {ArgumentError} when a part would be empty, or `stratify` is true without classes.
 * @example data.split(data.breastCancer(), { validation: 0.2, seed: 0 }).validation.length // 114
 */
export function split(dataset: Dataset, given: SplitOptions): Split {
  const { validation, seed, stratify } = readOptions('split', splitOptions, given)
  const wanted = validation < 1 ? Math.round(validation * dataset.length) : validation
  if (!Number.isInteger(wanted) || wanted < 1 || wanted >= dataset.length) {
    throw mismatch(
      'split',
      `validation as a fraction or number that leaves examples in both parts of ${dataset.length}`,
      validation,
    )
  }
  const groups = grouped('split', dataset, stratify)
  const sizes = apportion(
    groups.map((group) => group.length),
    wanted,
  )
  const stream = random(seed, 'split')
  const chosen = groups.flatMap((group, i) => shuffled(group, stream).slice(0, sizes[i]))
  return cut(dataset, new Set(chosen))
}

const foldOptions = {
  /** Number of splits. */
  folds: required(integer({ min: 2 })),
  ...common,
}

export interface KFoldOptions extends OptionsOf<typeof foldOptions> {}

/**
 * Yields the splits of a cross-validation: each example is in the validation part of exactly one.
 *
 * Validation parts differ in size by at most one; with `stratify`, so do the numbers of a class in them.
 *
 * @throws {ArgumentError} when `folds` is below 2 or above the number of examples, or there are no classes to
 *   stratify by.
 * @example for (const { train, validation } of data.kFold(data.breastCancer(), { folds: 5 })) …
 */
export function* kFold(dataset: Dataset, given: KFoldOptions): Generator<Split> {
  const { folds, seed, stratify } = readOptions('kFold', foldOptions, given)
  if (folds > dataset.length) {
    throw mismatch('kFold', `folds as an integer from 2 to ${dataset.length}`, folds)
  }
  const stream = random(seed, 'kFold')
  // Dealt like cards, class after class.
  const dealt = grouped('kFold', dataset, stratify).flatMap((group) => shuffled(group, stream))
  for (let fold = 0; fold < folds; fold++) {
    yield cut(dataset, new Set(dealt.filter((_, place) => place % folds === fold)))
  }
}

/** The indices of all examples, one list for each class with `stratify`, else one list. */
function grouped(who: string, { length, y, classes }: Dataset, stratify = classes !== undefined): number[][] {
  if (stratify && classes === undefined) {
    throw new ArgumentError(
      `${who}: wanted labels to stratify by, got targets of ${y.dtype}; leave stratify out`,
    )
  }
  const groups: number[][] = Array.from({ length: stratify ? classes! : 1 }, () => [])
  for (let i = 0; i < length; i++) groups[stratify ? Number(y.data[i]) : 0]!.push(i)
  return groups
}

/** Integer shares of `total` in proportion to `sizes`: the largest remainders are rounded up. */
function apportion(sizes: readonly number[], total: number): number[] {
  const all = sizes.reduce((a, b) => a + b, 0)
  const shares = sizes.map((size) => Math.floor((size * total) / all))
  const left = total - shares.reduce((a, b) => a + b, 0)
  const remainder = (i: number): number => (sizes[i]! * total) % all
  const byRemainder = sizes.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a))
  for (const i of byRemainder.slice(0, left)) shares[i]!++
  return shares
}

const shuffled = (group: readonly number[], stream: Random): number[] =>
  Array.from(stream.permutation(group.length), (i) => group[i]!)

function cut(dataset: Dataset, validation: ReadonlySet<number>): Split {
  const part = (isValidation: boolean): Dataset => {
    const all = Array.from({ length: dataset.length }, (_, i) => i)
    return subset(
      dataset,
      all.filter((i) => validation.has(i) === isValidation),
    )
  }
  return { train: part(false), validation: part(true) }
}
