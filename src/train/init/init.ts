import { basename } from 'node:path'
import { ArgumentError, EvenstepError, FormatError } from '../../core/errors.ts'
import { count, counted } from '../../core/text.ts'
import { type Dataset, hasLabels } from '../../data/dataset.ts'
import { parseNumeral } from '../../data/formats/numerals.ts'
import type { Sources } from '../../data/stream.ts'
import { mixedCsvOptions } from '../../data/table/table-options.ts'
import type { Experiment } from '../experiment.ts'
import { findLearningRate } from '../find-lr.ts'
import { parseData } from '../spec/data.ts'
import { withData } from '../spec.ts'
import { cycle, type Draft, draftOf } from './draft.ts'
import { toldHint } from './hints.ts'
import { type Look, lookAt } from './look.ts'
import type { Told } from './told.ts'

/** An experiment for a user's data, and what to say about it. */
export interface Initial extends Pick<Look, 'kind'> {
  readonly draft: Draft
  readonly experiment: Experiment
  /** Sentence that says what is predicted, and from what. */
  readonly about: string
  /** Sentence that says where the learning rate comes from. */
  readonly rate: string
}

/**
 * Returns an experiment for the data at a path, with a learning rate from a range test. The same data and seed give the
 * same experiment.
 *
 * @param folder folder to which the paths in the experiment are relative
 * @throws {EvenstepError} when the data cannot be read, or what to predict is not named.
 */
export async function initialExperiment(path: string, folder: string, told: Told): Promise<Initial> {
  const { spec, kind } = await lookAt(path, folder, told)
  const data = await readFor(path, spec, folder, told)
  if (kind === 'table') checkClasses(data, told)
  checkDiffers(path, data.train as Dataset)
  const draft = draftOf({ spec, kind }, data, told.seed)
  const experiment = withData({ ...draft }, data)
  const { lr, rate } = await rateFor(experiment)
  const found: Draft = { ...draft, optimizer: { ...draft.optimizer, lr: cycle(lr) } }
  return { kind, draft: found, experiment, about: aboutOf(path, experiment, told), rate }
}

/** Reads and splits the data. @throws {EvenstepError} that tells what to do while there is no experiment yet. */
async function readFor(path: string, spec: Look['spec'], folder: string, told: Told): Promise<Sources> {
  try {
    return await parseData(spec, folder)
  } catch (cause) {
    const { message } = cause as Error
    if (cause instanceof ArgumentError && message.startsWith('split: ')) {
      const wanted = 'at least 5 examples, for training, validation and test'
      throw new ArgumentError(`init: wanted ${wanted}, got fewer in ${path}`, { cause })
    }
    if (!(cause instanceof EvenstepError)) throw cause
    const hinted = toldHint(message, told)
    if (hinted !== undefined) throw new FormatError(hinted, { cause })
    if (!namesOption.test(message)) throw cause
    const fix = 'init has no such options: change the file, or write an experiment as docs/data.md shows'
    throw new FormatError(`${message}; ${fix}`, { cause })
  }
}

/** Advice that names an option of the function that reads a table, such as `missing: 'drop'` or `naValues`. */
const namesOption = new RegExp(`; .*(?<!the )\\b(${Object.keys(mixedCsvOptions).join('|')})\\b`)

/** @throws {ArgumentError} when there is nothing to tell apart, or nothing that two training examples share. */
function checkDiffers(path: string, train: Dataset): void {
  const values = new Set<number>(train.y.data as Float32Array)
  const isClass = hasLabels(train)
  if (values.size === 1) {
    const wanted = isClass ? 'two classes or more' : 'numbers that differ'
    throw new ArgumentError(`init: wanted ${wanted} to predict, got one in all training examples of ${path}`)
  }
  if (!isClass || values.size < train.length) return
  const got = `another one for each training example of ${path}`
  throw new ArgumentError(
    `init: wanted classes that several examples share, got ${got}; --target predicts numbers`,
  )
}

/**
 * Numbers may be classes if there are at most `classes` different ones; if there are more, only with at least `rows` rows
 * for each on average.
 */
const plausible = { classes: 20, rows: 10 }

/** @throws {ArgumentError} when the classes are numbers, too many for the rows, so that they are rather a target. */
function checkClasses(data: Sources, { label }: Told): void {
  const { classes = 0, classNames = [] } = data.train
  const isNumber = classNames.every((name) => !Number.isNaN(parseNumeral(name)))
  const isPlausible = classes <= plausible.classes || examplesIn(data) >= plausible.rows * classes
  if (!isNumber || isPlausible) return
  const got = `${label}, which holds ${classes} numbers`
  throw new ArgumentError(`init: wanted a column of classes, got ${got}; use --target ${label}`)
}

const examplesIn = ({ train, validation, test }: Pick<Sources, 'train' | 'validation' | 'test'>): number =>
  [train, validation, test].reduce((sum, part) => sum + ((part as Dataset | undefined)?.length ?? 0), 0)

/** Number of steps of the range test: fewer suggest too high rates for models with batch normalization. */
const steps = 600

/** Rate if a range test suggests none, and bounds of what it may suggest for Adam's rule. */
const rates = { usual: 0.003, least: 1e-4, most: 0.03 }

/** Returns the peak of the learning rate, from a range test, and a sentence on where it comes from. */
async function rateFor(experiment: Experiment): Promise<{ readonly lr: number; readonly rate: string }> {
  const { suggestion } = await findLearningRate(experiment, { steps }).catch((cause: unknown) => {
    if (!(cause instanceof ArgumentError)) throw cause
    const wanted = 'data on which the loss stays finite at low rates'
    throw new ArgumentError(`init: wanted ${wanted}, got others; look for NaN, infinity and large numbers`, {
      cause,
    })
  })
  const test = `a range test of ${count(steps)} steps`
  if (suggestion === undefined) {
    return {
      lr: rates.usual,
      rate: `The rate is a usual one, as ${test} found none at which the loss falls.`,
    }
  }
  const suggested = Number(suggestion.toPrecision(2))
  const lr = Math.min(rates.most, Math.max(rates.least, suggested))
  return { lr, rate: `The rate rises to ${lr}, ${reasonFor(lr, suggested, test)}, then falls to almost 0.` }
}

function reasonFor(lr: number, suggested: number, test: string): string {
  if (lr === suggested) return `which ${test} suggested`
  return `the ${lr < suggested ? 'highest' : 'lowest'} that init sets, as ${test} suggested ${suggested}`
}

function aboutOf(path: string, { data }: Experiment, { label, target }: Told): string {
  const train = data.train as Dataset
  const classes = hasLabels(train) ? ` (${train.classes} classes)` : ''
  const what = label ?? target ?? 'the class'
  return `Predicts ${what}${classes} from ${counted(examplesIn(data), 'example')} in ${basename(path)}.`
}
