import { ArgumentError } from '../core/errors.ts'
import { checkKnown, mismatch } from '../core/mismatch.ts'
import { type Random, random } from '../core/random.ts'
import { type Dataset, type Split, subset } from './dataset.ts'

export interface SplitOptions {
  /** The part to be measured on: a fraction between 0 and 1, or a number of examples. */
  readonly validation: number
  /** Decides which examples; 0 unless given. */
  readonly seed?: number
  /** Whether each class has its share of both parts; where there are classes unless given. */
  readonly stratify?: boolean
}

/**
 * A data set in two parts, at random. Both keep the order of the whole.
 *
 * With `stratify` a class's share of the validation part is within one example of exact.
 *
 * @throws {ArgumentError} when a part would be empty, or `stratify` is asked for without classes.
 * @example data.split(data.breastCancer(), { validation: 0.2, seed: 0 }).validation.length // 114
 */
export function split(dataset: Dataset, options: SplitOptions): Split {
  checkKnown('split', options, { validation: true, seed: true, stratify: true })
  const { validation, seed = 0, stratify } = options
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

export interface KFoldOptions {
  /** How many parts, ≥ 2. */
  readonly folds: number
  /** Decides which examples are in which; 0 unless given. */
  readonly seed?: number
  /** Whether each class has its share of each part; where there are classes unless given. */
  readonly stratify?: boolean
}

/**
 * Splits of a data set for cross-validation: each example is in the validation part of exactly one.
 *
 * Validation parts are as large as each other within one example, and with `stratify` so are a class's shares.
 *
 * @throws {ArgumentError} when there are fewer than two folds or more than examples, or no classes to stratify by.
 * @example for (const { train, validation } of data.kFold(data.breastCancer(), { folds: 5 })) …
 */
export function* kFold(dataset: Dataset, options: KFoldOptions): Generator<Split> {
  checkKnown('kFold', options, { folds: true, seed: true, stratify: true })
  const { folds, seed = 0, stratify } = options
  if (!Number.isInteger(folds) || folds < 2 || folds > dataset.length) {
    throw mismatch('kFold', `folds as an integer from 2 to ${dataset.length}`, folds)
  }
  const stream = random(seed, 'kFold')
  // Dealt like cards, class after class.
  const dealt = grouped('kFold', dataset, stratify).flatMap((group) => shuffled(group, stream))
  for (let fold = 0; fold < folds; fold++) {
    yield cut(dataset, new Set(dealt.filter((_, place) => place % folds === fold)))
  }
}

/** The numbers of the examples, class by class where they are to be stratified. */
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

/** Whole shares of `total`, in proportion to `sizes`: the largest remainders are rounded up. */
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
  const all = Array.from({ length: dataset.length }, (_, i) => i)
  return {
    train: subset(
      dataset,
      all.filter((i) => !validation.has(i)),
    ),
    validation: subset(
      dataset,
      all.filter((i) => validation.has(i)),
    ),
  }
}
