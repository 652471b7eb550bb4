import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, integer, number, type OptionsOf, readOptions, required } from '../core/options.ts'
import { type Random, random } from '../core/random.ts'
import { checkDataset, type Dataset, hasLabels, type Split, subset } from './dataset.ts'

const common = {
  /** Seed of the random choice of validation examples. @default 0 */
  seed: number({}, 0),
  /** Whether both sets have the data set's class proportions. @default true for labels, false for targets */
  stratify: boolean(),
}

const splitOptions = {
  /** Size of the validation set: a fraction of the examples if below 1, otherwise a number of examples. */
  validation: required(number()),
  ...common,
}

export interface SplitOptions extends OptionsOf<typeof splitOptions> {}

/**
 * Splits a data set at random into a training and a validation set; both keep the order of the examples.
 *
 * With `stratify`, each class's number of validation examples is its exact share, rounded up or down.
 *
 * @throws {ArgumentError} when a set would be empty, or `stratify` is true without classes.
 * @example data.split(data.breastCancer(), { validation: 0.2, seed: 0 }).validation.length // 114
 */
export function split(dataset: Dataset, given: SplitOptions): Split {
  checkDataset('split', dataset)
  const { validation, seed, stratify } = readOptions('split', splitOptions, given)
  const wanted = validation < 1 ? Math.round(validation * dataset.length) : validation
  if (!Number.isInteger(wanted) || wanted < 1 || wanted >= dataset.length) {
    const both = `validation as a fraction or number that leaves examples in both parts of ${dataset.length}`
    throw mismatch('split', both, validation)
  }
  const groups = grouped('split', dataset, stratify)
  const sizes = apportion(wanted, groups)
  const stream = random(seed, 'split')
  const chosen = groups.flatMap((group, i) => shuffled(group, stream).slice(0, sizes[i]))
  return cut(dataset, new Set(chosen))
}

const foldOptions = {
  /** Number of folds (parts), each of which is the validation set of one split. */
  folds: required(integer({ min: 2 })),
  ...common,
}

export interface KFoldOptions extends OptionsOf<typeof foldOptions> {}

/**
 * Returns the k splits of a k-fold cross-validation, which may be iterated over any number of times: each
 * example is in exactly one of the k validation sets.
 *
 * Validation sets differ in size by at most one example; with `stratify`, so do their numbers of examples of
 * each class.
 *
 * @throws {ArgumentError} when `folds` is not from 2 to the number of examples, or `stratify` is true without
 *   classes.
 * @example for (const { train, validation } of data.kFold(data.breastCancer(), { folds: 5 })) …
 */
export function kFold(dataset: Dataset, given: KFoldOptions): Iterable<Split> {
  const { folds, seed, stratify } = readOptions('kFold', foldOptions, given)
  if (folds > dataset.length)
    throw mismatch('kFold', `folds as an integer from 2 to ${dataset.length}`, folds)
  const stream = random(seed, 'kFold')
  // Examples are dealt to the folds in turn, class after class.
  const dealt = grouped('kFold', dataset, stratify).flatMap((group) => shuffled(group, stream))
  return {
    *[Symbol.iterator]() {
      for (let fold = 0; fold < folds; fold++) {
        yield cut(dataset, new Set(dealt.filter((_, place) => place % folds === fold)))
      }
    },
  }
}

/** Returns the indices of all examples: one list or, with `stratify`, one per class and one of ignored labels. */
function grouped(who: string, dataset: Dataset, stratify: boolean = hasLabels(dataset)): number[][] {
  const { length, y, classes, ignoreIndex } = dataset
  if (stratify && !hasLabels(dataset)) {
    throw new ArgumentError(
      `${who}: wanted labels to stratify by, got targets of ${y.dtype}; leave stratify out`,
    )
  }
  const groups: number[][] = Array.from({ length: stratify ? classes! : 1 }, () => [])
  const ignored: number[] = []
  for (let i = 0; i < length; i++) {
    const label = stratify ? Number(y.data[i]) : 0
    const group = stratify && label === ignoreIndex ? ignored : groups[label]!
    group.push(i)
  }
  return ignored.length > 0 ? [...groups, ignored] : groups
}

/** Divides `total` into one integer per group, in proportion to group size, rounding up the largest remainders. */
function apportion(total: number, groups: readonly (readonly number[])[]): number[] {
  const sizes = groups.map((group) => group.length)
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
  const all = Int32Array.from({ length: dataset.length }, (_, i) => i)
  const part = (isValidation: boolean) => all.filter((i) => validation.has(i) === isValidation)
  return { train: subset(dataset, part(false)), validation: subset(dataset, part(true)) }
}
