import { isAbsolute, join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import { integer, readOptions, required } from '../../core/options.ts'
import * as data from '../../data/index.ts'
import { recipeOf } from '../../data/recipe.ts'
import { isStream } from '../../data/stream.ts'
import { isTable } from '../../data/table/table.ts'
import { isJsonObject } from './named.ts'
import { type Reader, readers } from './readers.ts'

type Spec = Readonly<Record<string, unknown>>
/** What a reader returns: examples not yet split, texts, or a split that comes with the data. */
type Read = Awaited<ReturnType<Reader['read']>>
type Whole = Parameters<typeof data.split>[0]

/** Steps after reading, in the order in which they are taken; those of `apart` make one source out of another. */
const apart = ['nextCharacter']
const splitting = ['split', 'kFold']
const together = ['oneHot', 'normalize']
const parts = ['train', 'validation', 'test']

/**
 * Returns the data described by JSON: a reader's name with its paths, the reader's options and the steps that
 * follow; or one such object for each of `train`, `validation` and `test`.
 *
 * @param folder folder to which paths refer
 * @throws {ArgumentError} naming the first key that is unknown, missing or wrong.
 * @throws {FormatError} when a file is missing, or is not what the reader reads.
 */
export async function parseData(spec: unknown, folder: string): Promise<data.Sources> {
  const given = typeof spec === 'string' ? { [spec]: true } : spec
  if (!isJsonObject(given)) {
    throw mismatch('experiment', 'data as an object, such as {"csv": "a.csv", "label": "kind"}', spec)
  }
  if (parts.some((part) => part in given)) return separate(given, folder)
  const { own, steps } = cut(given, [...splitting, ...together])
  return finished(splitOf(await examplesOf(own, folder), steps), steps)
}

/** Returns data whose parts are read from files of their own. */
async function separate(given: Spec, folder: string): Promise<data.Sources> {
  const { own, steps } = cut(given, together)
  const stranger = Object.keys(own).find((name) => !parts.includes(name))
  if (stranger !== undefined) throw unknownName('experiment: data', [...parts, ...together], stranger)
  const read: Record<string, data.Source> = {}
  for (const part of parts) {
    if (own[part] !== undefined) read[part] = await partOf(part, own[part], folder, read.train)
  }
  const { train, validation, ...rest } = read
  if (train !== undefined && validation !== undefined) return finished({ train, validation, ...rest }, steps)
  throw mismatch('experiment', 'data with both train and validation', Object.keys(own).join(', '))
}

/** Returns one part of the data; rows of a table are encoded as those of the training part. */
async function partOf(
  part: string,
  spec: unknown,
  folder: string,
  train: data.Source | undefined,
): Promise<data.Source> {
  const given = typeof spec === 'string' ? { [spec]: true } : spec
  if (!isJsonObject(given)) throw mismatch('experiment', `data: ${part} as an object`, spec)
  const step = [...splitting, ...together].find((name) => name in given)
  if (step !== undefined) {
    const fix = splitting.includes(step)
      ? 'each part is read by itself'
      : `write it beside ${part}, for all parts`
    throw new ArgumentError(`experiment: wanted data: ${part} without ${step}, got it; ${fix}`)
  }
  const made = await examplesOf(given, folder, train)
  if (isTable(made) && train === undefined) return data.encodeTable(made, made.encoding())
  const isLike = train === undefined || isEncoded(train) === (isTable(made) || isEncoded(made))
  if (!isLike) {
    const wanted = `${part} read ${isEncoded(train) ? 'by table' : 'without table'}, as train is`
    const got = Object.keys(given).find((name) => Object.hasOwn(readers, name))
    throw new ArgumentError(`experiment: wanted data: ${wanted}, got ${got}`)
  }
  if (isTable(made)) return data.encodeTable(made, train!)
  if (isSource(made)) return made
  throw new ArgumentError(`experiment: wanted data: ${part} as one set of examples, got other data`)
}

/** Separates a spec's keys that name steps from the others. */
function cut(given: Spec, names: readonly string[]): { readonly own: Spec; readonly steps: Spec } {
  const entries = Object.entries(given)
  return {
    own: Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
    steps: Object.fromEntries(entries.filter(([name]) => names.includes(name))),
  }
}

/** Reads what a spec names: exactly one reader with its paths, and the reader's options. */
async function examplesOf(given: Spec, folder: string, train?: data.Source): Promise<Read> {
  const { own, steps } = cut(given, apart)
  const named = Object.keys(own).filter((name) => Object.hasOwn(readers, name))
  const [name, second] = named
  if (name === undefined) {
    throw unknownName('experiment', Object.keys(readers), Object.keys(own)[0] ?? 'nothing', 'data as ')
  }
  if (second !== undefined) throw mismatch('experiment', 'data of one reader', `${name} and ${second}`)
  const { [name]: paths, ...options } = own
  const reader = readers[name]!
  const known = [...Object.keys(reader.options), ...apart, ...splitting, ...together]
  const stranger = Object.keys(options).find((option) => !known.includes(option))
  if (stranger !== undefined) throw unknownName(`experiment: data: ${name}`, known, stranger)
  const read = await reader.read(pathsOf(name, reader, paths, folder), options, train)
  if (steps.nextCharacter === undefined) return read
  if (!Array.isArray(read)) throw mismatch('experiment', 'nextCharacter with texts, such as names', name)
  return data.nextCharacter(read as readonly string[], optionsOf('nextCharacter', steps) as never)
}

/** Checks a reader's paths, and joins each to the folder. */
function pathsOf(name: string, { paths: count }: Reader, given: unknown, folder: string): readonly string[] {
  const list = count === 0 && given === true ? [] : [given].flat()
  const isRight = count === 'any' ? list.length > 0 : list.length === count
  if (!isRight || !list.every((path) => typeof path === 'string' && path !== '')) {
    const wanted = { 0: 'true', 1: 'the path of a file', 2: 'the paths of two files', any: 'paths of files' }
    throw mismatch('experiment', `${name} as ${wanted[count]}`, given)
  }
  const absolute = list.find((path) => isAbsolute(path as string))
  if (absolute === undefined) return list.map((path) => join(folder, path as string))
  throw mismatch('experiment', 'a path relative to the JSON file', absolute)
}

/** Returns the options of a step: an object, or `true` for none. */
function optionsOf(step: string, steps: Spec): Spec {
  const given = steps[step]
  if (given === true) return {}
  if (isJsonObject(given)) return given
  throw mismatch('experiment', `${step} as true, or an object of options`, given)
}

const foldOption = {
  /** Index of the fold to validate on, from 0. */
  fold: required(integer({ min: 0 })),
}

function splitOf(read: Read, steps: Spec): data.Sources {
  const given = splitting.filter((step) => steps[step] !== undefined)
  if (isSplit(read)) {
    if (given[0] === undefined) return read
    throw new ArgumentError(`experiment: wanted no ${given[0]}, as these data are split already, got one`)
  }
  if (Array.isArray(read)) throw new ArgumentError('experiment: wanted nextCharacter with names, got nothing')
  if (isSource(read) && isStream(read)) {
    const fix = 'a stream cannot be split'
    throw new ArgumentError(`experiment: wanted data of train and validation, got a stream; ${fix}`)
  }
  const [step, second] = given
  if (step === undefined || second !== undefined) {
    const fix = 'for instance "split": {"validation": 0.2}'
    throw mismatch('experiment', 'data with either split or kFold', second && 'both', fix)
  }
  const whole = read as Whole
  const options = optionsOf(step, steps)
  return step === 'split' ? data.split(whole, options as never) : foldOf(whole, options)
}

function foldOf(whole: Whole, { fold: given, ...options }: Spec): data.Sources {
  const { fold } = readOptions('kFold', foldOption, given === undefined ? {} : { fold: given })
  const folds = [...data.kFold(whole as data.Dataset, options as never)]
  const found = folds[fold]
  if (found !== undefined) return found
  throw mismatch('kFold', `fold as an integer from 0 to ${folds.length - 1}`, fold)
}

/** Takes the steps that follow the split. */
async function finished(split: data.Sources, steps: Spec): Promise<data.Sources> {
  if (steps.oneHot !== undefined) readOptions('oneHot', {}, optionsOf('oneHot', steps))
  const hot =
    steps.oneHot === undefined ? split : await eachPart(split, (part) => data.oneHot(part as data.Dataset))
  if (steps.normalize === undefined) return hot
  const options = optionsOf('normalize', steps)
  const { train } = hot
  if (!isStream(train)) return data.normalize(hot as data.Split, options)
  const moments = await data.streamMoments(train, options)
  return eachPart(hot, (part) => data.standardize(part as data.Stream, moments))
}

async function eachPart(
  split: data.Sources,
  change: (part: data.Source) => data.Source,
): Promise<data.Sources> {
  return Object.fromEntries(
    Object.entries(split).map(([name, part]) => [name, change(part)]),
  ) as unknown as data.Sources
}

/** Whether the rows of these data are encoded as `data.table` does it. */
const isEncoded = (made: object): boolean => recipeOf(made)?.encoding !== undefined
const isSplit = (read: Read): read is data.Split => 'train' in read && 'validation' in read
const isSource = (read: Read): read is data.Dataset => 'x' in read && 'y' in read
