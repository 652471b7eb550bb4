import { ArgumentError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import {
  boolean,
  integer,
  number,
  type OptionsOf,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import { random } from '../core/random.ts'
import { sizeOf } from '../core/shape.ts'
import { allBut, type Basis, chosen, foldsOf, forwardChained, upTo } from './choose.ts'
import { checkDataset, type Dataset, hasLabels, type Split, subset } from './dataset.ts'
import { keepTogether } from './kept-together.ts'
import { groupsOf, keyOptions, timesOf } from './keys.ts'
import { isRegisteredTable } from './table/is-table.ts'
import type { MixedTable } from './table/table.ts'

/** A split with a test part. */
export interface TestedSplit extends Split {
  readonly test: Dataset
}

/** Whether this is a table. Its class, which this file does not import, would be in every page that splits data. */
const isTable = (given: Dataset | MixedTable): given is MixedTable => isRegisteredTable(given)

const common = {
  /**
   * Size of the test part, which nothing chooses on: a fraction of the examples if below 1, otherwise a number of
   * examples. @default none: there is no test part
   */
  test: number({ above: 0 }),
  ...keyOptions,
  /** Seed of the random choice of examples; not with `order`. @default 0 */
  seed: number({}),
  /** Whether all parts have the data set's class proportions. @default true for labels without `order` */
  stratify: boolean(),
}

const splitOptions = {
  /** Size of the validation part: a fraction of the examples if below 1, otherwise a number of examples. */
  validation: required(number()),
  ...common,
}

export interface SplitOptions extends OptionsOf<typeof splitOptions> {}

/**
 * Splits a data set into a training and a validation part and, if asked, a test part; each keeps the order of the
 * examples. The test part depends on `test`, `seed`, `by` and `stratify`, and not on `validation`.
 *
 * - At random, unless `order` is given. With `stratify`, each class's number of examples in a part is its exact share,
 *   rounded up or down.
 * - With `by`, groups stay whole, and sizes are as near to those asked for as groups, dealt in random order, come.
 *   With `stratify`, so are the classes' shares; see `kFold`.
 * - With `order`, the latest examples are the test part, and those before them the validation part. Of examples with
 *   equal times, the last are the latest.
 *
 * @throws {ArgumentError} when a part would be empty, `stratify` is true without labels, or `order` is given with
 *   `by`, `seed` or `stratify`.
 * @example data.split(data.breastCancer(), { validation: 0.2, seed: 0 }).validation.length // 114
 * @example data.split(data.breastCancer(), { validation: 0.1, test: 0.2 }).test.length // 114
 */
export function split(
  dataset: Dataset | MixedTable,
  given: SplitOptions & { readonly test: number },
): TestedSplit
export function split(dataset: Dataset | MixedTable, given: SplitOptions): Split
export function split(dataset: Dataset | MixedTable, given: SplitOptions): Split {
  if (!isTable(dataset)) checkDataset('split', dataset)
  const { validation, ...options } = readOptions('split', splitOptions, given)
  const basis = basisOf('split', dataset, options)
  const { test, rest } = heldOut('split', basis, options)
  const wanted = countOf(validation, basis.length)
  if (!Number.isInteger(wanted) || wanted < 1 || wanted >= rest.length)
    throw mismatch('split', `validation ${leaving(basis, options.test)}`, validation)
  const validated = chosen(rest, wanted, basis, random(options.seed ?? 0, 'split'))
  checkGroups('split', 'validation', validation, [validated, allBut(rest, validated)])
  return cut(dataset, basis, allBut(rest, validated), validated, test)
}

const foldOptions = {
  /** Number of folds (parts), each of which is the validation set of one split. */
  folds: required(integer({ min: 2 })),
  ...common,
}

export interface KFoldOptions extends OptionsOf<typeof foldOptions> {}

/**
 * Returns the k splits of a k-fold cross-validation, which may be iterated over any number of times: each
 * example is in exactly one of the k validation sets. With `test`, a test part is first held out from all of them: the
 * one that `split` holds out with the same options.
 *
 * - Validation sets differ in size by at most one example; with `stratify`, so do their numbers of examples of
 *   each class.
 * - With `by`, groups stay whole. They are dealt from the largest to the smallest, each to the fold with the fewest
 *   examples, as by scikit-learn's `GroupKFold`; with `stratify`, as by its `StratifiedGroupKFold`.
 * - With `order`, as by its `TimeSeriesSplit`: k consecutive blocks at the end are validated one after another, each by
 *   a model trained on all examples before it. The examples of the first block are in no validation set.
 *
 * @throws {ArgumentError} when a part would be empty, `stratify` is true without labels, or `order` is given with
 *   `by`, `seed` or `stratify`.
 * @example for (const { train, validation } of data.kFold(data.breastCancer(), { folds: 5 })) …
 */
export function kFold(
  dataset: Dataset | MixedTable,
  given: KFoldOptions & { readonly test: number },
): Iterable<TestedSplit>
export function kFold(dataset: Dataset | MixedTable, given: KFoldOptions): Iterable<Split>
export function kFold(dataset: Dataset | MixedTable, given: KFoldOptions): Iterable<Split> {
  const { folds, ...options } = readOptions('kFold', foldOptions, given)
  if (!isTable(dataset)) checkDataset('kFold', dataset)
  const basis = basisOf('kFold', dataset, options)
  const { test, rest } = heldOut('kFold', basis, options)
  const most = rest.length - (basis.times ? 1 : 0)
  if (folds > most) throw mismatch('kFold', `folds as an integer from 2 to ${most}`, folds)
  const parts = foldsIn(rest, folds, basis, options.seed ?? 0)
  return {
    *[Symbol.iterator]() {
      for (const { train, validation } of parts) yield cut(dataset, basis, train, validation, test)
    },
  }
}

function foldsIn(
  rest: readonly number[],
  folds: number,
  basis: Basis,
  seed: number,
): ReturnType<typeof forwardChained> {
  if (basis.times) return forwardChained(rest, folds, basis.times)
  const each = foldsOf(rest, folds, basis, random(seed, 'kFold'))
  checkGroups('kFold', 'folds', folds, each)
  return each.map((validation) => ({ train: allBut(rest, validation), validation }))
}

type Common = ValuesOf<typeof common>

/** Returns what decides which examples may go where. @throws {ArgumentError} when options contradict each other. */
function basisOf(who: string, dataset: Dataset | MixedTable, options: Common): Basis {
  const { by, order, stratify = order === undefined && hasLabels(dataset) } = options
  const { length } = dataset
  if (order !== undefined) {
    const other = by !== undefined ? 'by' : options.seed !== undefined ? 'seed' : stratify && 'stratify'
    if (other)
      throw new ArgumentError(`${who}: wanted order without ${other}, got both; leave one of them out`)
    return { length, times: timesOf(who, columnOf(who, 'order', dataset, order), length) }
  }
  return {
    length,
    ...(stratify && { classes: classesOf(who, dataset) }),
    ...(by !== undefined && { groups: groupsOf(who, columnOf(who, 'by', dataset, by), length) }),
  }
}

/** Returns the class of each example; ignored labels are one more class. */
function classesOf(who: string, dataset: Dataset | MixedTable): Int32Array {
  const { length, y, classes, ignoreIndex }: Pick<Dataset, 'length' | 'y' | 'classes' | 'ignoreIndex'> =
    dataset
  if (!hasLabels(dataset)) {
    throw new ArgumentError(
      `${who}: wanted labels to stratify by, got targets of ${y.dtype}; leave stratify out`,
    )
  }
  return Int32Array.from({ length }, (_, i) =>
    Number(y.data[i]) === ignoreIndex ? classes! : Number(y.data[i]),
  )
}

/** Returns the given list, or the values of the feature with the given name. */
function columnOf(
  who: string,
  option: string,
  dataset: Dataset | MixedTable,
  given: string | ArrayLike<unknown>,
): ArrayLike<unknown> {
  if (typeof given !== 'string') return given
  if (isTable(dataset)) return dataset.column(given)
  const { x, length, featureNames = [] } = dataset
  const width = sizeOf(x.shape)
  if (featureNames.length !== width) {
    const fix = 'give a list with one for each example'
    throw new ArgumentError(`${who}: wanted ${option} of data with featureNames, got ${given}; ${fix}`)
  }
  const at = featureNames.indexOf(given)
  if (at < 0) throw unknownName(who, featureNames, given, `${option} as `)
  return Array.from({ length }, (_, i) => x.data[i * width + at])
}

const countOf = (size: number, length: number): number => (size < 1 ? Math.round(size * length) : size)

const leaving = ({ length }: Basis, test: number | undefined): string =>
  `as a fraction or number that leaves examples in ${test === undefined ? 'both' : 'all three'} parts of ${length}`

/** Chooses the test part, if any, and returns it with the other examples. */
function heldOut(who: string, basis: Basis, { test: size, seed = 0 }: Common) {
  const all = upTo(basis.length)
  if (size === undefined) return { test: undefined, rest: all }
  const wanted = countOf(size, all.length)
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > all.length - 2)
    throw mismatch(who, `test ${leaving(basis, size)}`, size)
  const test = chosen(all, wanted, basis, random(seed, 'split test'))
  const rest = allBut(all, test)
  checkGroups(who, 'test', size, [test, rest])
  return { test, rest }
}

/** Checks that each part of a split by groups has examples. @throws {ArgumentError} when one has none. */
function checkGroups(
  who: string,
  option: string,
  asked: number,
  parts: readonly (readonly number[])[],
): void {
  if (parts.every(({ length }) => length > 0)) return
  const fix = 'ask for other sizes, or split into smaller groups'
  throw mismatch(who, `${option} for which each part gets a whole group of by`, asked, fix)
}

function cut(
  dataset: Dataset | MixedTable,
  { groups, times }: Basis,
  train: readonly number[],
  validation: readonly number[],
  test: readonly number[] | undefined,
): Split {
  const rows = [train, validation, ...(test ? [test] : [])].map((part) => Int32Array.from(part).sort())
  const parts = isTable(dataset) ? dataset.encoded(rows) : rows.map((part) => subset(dataset, part))
  if (groups || times) for (const part of parts) keepTogether(part)
  return { train: parts[0]!, validation: parts[1]!, ...(test && { test: parts[2]! }) }
}
