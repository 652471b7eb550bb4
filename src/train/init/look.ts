import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'
import { misfit } from '../../core/shape.ts'
import { type FileKind, fileKind, isTabular } from '../../data/files/file-kind.ts'
import { imageSize } from '../../data/files/image-folder.ts'
import { readIdx, readNpz } from '../../data/index.ts'
import { writingOf } from './syntax.ts'
import type { Told } from './told.ts'

/** What was found out about a user's data: `spec`, the `data` of a JSON experiment that reads them, and their kind. */
export interface Look {
  readonly spec: Readonly<Record<string, unknown>>
  readonly kind: 'table' | 'images' | 'rows'
}

/** Maximum height and width at which images of a folder are read. */
const mostPixels = 64

/**
 * Returns how to read the data at a path: a CSV, TSV or Parquet file, an NPZ file, an IDX file of images, or a folder
 * of images with a sub-folder for each class.
 *
 * @param folder folder to which the paths in the result are relative
 * @throws {ArgumentError} when there is nothing at the path, its format is unknown, or what to predict is not named.
 */
export async function lookAt(path: string, folder: string, told: Told): Promise<Look> {
  if (!existsSync(path))
    throw new ArgumentError(`init: wanted a file or folder of data, got ${path}, which does not exist`)
  const split = { validation: 0.1, test: 0.2, seed: told.seed }
  const inFile = relative(folder, resolve(path)).replaceAll('\\', '/')
  if (statSync(path).isDirectory()) return imagesIn(path, inFile, told, split)
  const kind = fileKind(path)
  if (isTabular(kind))
    return { kind: 'table', spec: { table: inFile, ...tableSpec(path, kind, told), split } }
  checkUntold(told, csvFlags, 'CSV', basename(path))
  checkUntold(told, tableFlags, 'a table', basename(path))
  if (kind === 'npz') return arraysIn(path, inFile, told, split)
  if (kind === 'idx') return digitsIn(path, inFile, folder, told, split)
  throw new ArgumentError(
    `init: wanted a CSV, TSV, Parquet, NPZ or IDX file, or a folder of images, got ${path}; name a file by its format, such as .csv`,
  )
}

type Flag = readonly [flag: string, isTold: (told: Told) => boolean]

const csvFlags: readonly Flag[] = [
  ['--no-header', ({ header }) => !header],
  ['--delimiter', ({ delimiter }) => delimiter !== undefined],
  ['--decimal', ({ decimal }) => decimal !== undefined],
  ['--thousands', ({ thousands }) => thousands !== undefined],
]
const tableFlags: readonly Flag[] = [
  ['--na', ({ na }) => na.length > 0],
  ['--missing', ({ missing }) => missing !== undefined],
  ['--ignore', ({ ignore }) => ignore.length > 0],
]

/** @throws {ArgumentError} when the user gave a flag of another kind of data. */
function checkUntold(told: Told, flags: readonly Flag[], owner: string, got: string): void {
  const flag = flags.find(([, isTold]) => isTold(told))?.[0]
  if (flag !== undefined) throw new ArgumentError(`init: wanted ${flag} with ${owner}, got it with ${got}`)
}

/** Returns the options with which a table is read: what to predict, and how it is written and encoded. */
function tableSpec(path: string, kind: FileKind, told: Told): object {
  if (kind === 'parquet') checkUntold(told, csvFlags, 'CSV', 'Parquet')
  const role = predicted(told)
  const { header, decimal, thousands, na, missing, ignore } = told
  return {
    ...role,
    ...(!header && { header }),
    ...(kind !== 'parquet' && writingOf(path, kind === 'tsv' ? { delimiter: 'tab', ...told } : told)),
    ...(decimal !== undefined && { decimal }),
    ...(thousands !== undefined && { thousands }),
    ...(na.length > 0 && { naValues: na }),
    ...(missing !== undefined && { missing }),
    ...(ignore.length > 0 && { columns: Object.fromEntries(ignore.map((name) => [name, 'ignore'])) }),
  }
}

/** Returns which column is to be predicted, by its index if there are no names. */
function predicted({ label, target, header }: Told): object {
  if ((label === undefined) === (target === undefined)) {
    const wanted = '--label COLUMN, of classes, or --target COLUMN, of numbers'
    throw new ArgumentError(`init: wanted ${wanted}, got ${label === undefined ? 'neither' : 'both'}`)
  }
  const name = label ?? target!
  const column = header ? name : Number(name)
  if (!header && !Number.isInteger(column)) {
    throw mismatch('init', 'the index of a column, such as 0 or -1, as the file has no names', name)
  }
  return label === undefined ? { target: column } : { label: column }
}

async function imagesIn(path: string, inFile: string, told: Told, split: object): Promise<Look> {
  checkUntold(told, [...csvFlags.slice(1), ...tableFlags], 'a table', 'a folder of images')
  if (told.label !== undefined || told.target !== undefined || !told.header) {
    throw new ArgumentError(
      'init: wanted a folder of images alone, whose sub-folders are the classes, got --label, --target or --no-header',
    )
  }
  const sides = await imageSize(path)
  const scale = Math.min(1, mostPixels / Math.max(...sides))
  const size = sides.map((side) => Math.max(8, Math.round(side * scale)))
  return { kind: 'images', spec: { imageFolder: inFile, size, split, normalize: { per: 'channel' } } }
}

function arraysIn(path: string, inFile: string, told: Told, split: object): Look {
  predicted(told)
  const arrays = readNpz(path)
  const names = Object.keys(arrays)
  const y = told.label ?? told.target!
  if (!names.includes(y)) throw unknownName('init', names, y, 'an array that is ')
  const others = names.filter((name) => name !== y)
  const x = others.includes('x') ? 'x' : others[0]
  if (x === undefined || (x !== 'x' && others.length > 1)) {
    throw mismatch('init', `an array x, or one array besides ${y}`, names.join(', '))
  }
  const target = told.label === undefined ? 'numbers' : 'labels'
  const { shape } = arrays[x]!
  const isImages = shape.length === 4
  const [, channels = 0, , last = 0] = shape
  if (isImages && [1, 3, 4].includes(last) && channels > 4) {
    const fix = `transpose ${x} with numpy's ${x}.transpose(0, 3, 1, 2)`
    throw misfit('init', `images ${x} of [n, channels, height, width]`, shape, fix)
  }
  const normalize = { per: isImages ? 'channel' : 'feature' }
  const named = { ...(x !== 'x' && { x }), ...(y !== 'y' && { y }) }
  return { kind: isImages ? 'images' : 'rows', spec: { npz: inFile, ...named, target, split, normalize } }
}

function digitsIn(
  path: string,
  inFile: string,
  folder: string,
  { label, target }: Told,
  split: object,
): Look {
  if (target !== undefined) throw new ArgumentError('init: wanted --label FILE with IDX, got --target')
  const guess = join(dirname(path), basename(path).replace(/images(.*)idx\d/, 'labels$1idx1'))
  const labels = label ?? (basename(guess) === basename(path) ? undefined : guess)
  if (labels === undefined || !existsSync(labels)) {
    throw new ArgumentError(
      `init: wanted --label FILE, the file of the labels of ${path}, got ${labels ?? 'none'}`,
    )
  }
  const { data } = readIdx(labels)
  const classes = Float64Array.from(data).reduce((most, one) => Math.max(most, one), 0) + 1
  const paths = [inFile, relative(folder, resolve(labels)).replaceAll('\\', '/')]
  const isImage = readIdx(path).shape.length === 3
  const layout = isImage ? { layout: 'image' } : {}
  return {
    kind: isImage ? 'images' : 'rows',
    spec: { idxImages: paths, classes, ...layout, split, normalize: { per: 'all' } },
  }
}
