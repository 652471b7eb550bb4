import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FormatError } from '../../core/errors.ts'
import { type OptionsOf, readOptions } from '../../core/options.ts'
import type { Dataset, Split } from '../dataset.ts'
import { type CifarOptions, cifarOptions, parseCifar } from '../formats/cifar.ts'

/** Reads images from files in CIFAR's binary format, one after another, gzipped or not: see `parseCifar`. */
export function readCifar(paths: string | readonly string[], given: CifarOptions = {}): Dataset {
  const options = readOptions('readCifar', cifarOptions, given)
  const files = function* () {
    for (const path of [paths].flat()) yield { name: basename(path), bytes: readFileSync(path) }
  }
  return parseCifar(files(), options)
}

const classNames = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')

/**
 * Reads CIFAR-10 from its folder `cifar-10-batches-bin`: trains on those of `data_batch_1.bin` … `5` that
 * exist, validates on `test_batch.bin`; each may be gzipped (`.bin.gz`).
 *
 * @throws {FormatError} when a file is missing or damaged.
 */
export function cifar10(folder: string): Split {
  const batches = [1, 2, 3, 4, 5].flatMap((i) => present(folder, `data_batch_${i}.bin`))
  if (batches.length === 0) throw missing(folder, 'data_batch_1.bin')
  return {
    train: readCifar(batches, { classNames }),
    validation: readCifar(needed(folder, 'test_batch.bin'), { classNames }),
  }
}

const { labels } = cifarOptions
const fineOrCoarse = { labels }

/**
 * Reads CIFAR-100 from its folder `cifar-100-binary`: `train.bin` and `test.bin`, which may be gzipped
 * (`.bin.gz`), and the names of the classes where their text files exist.
 *
 * @throws {FormatError} when a file is missing or damaged.
 */
export function cifar100(folder: string, given: OptionsOf<typeof fineOrCoarse> = {}): Split {
  const { labels } = readOptions('cifar100', fineOrCoarse, given)
  const path = join(folder, `${labels}_label_names.txt`)
  const classNames = existsSync(path) ? readFileSync(path, 'utf8').trim().split(/\s+/) : undefined
  const options: CifarOptions = { classes: 100, labels, ...(classNames && { classNames }) }
  return {
    train: readCifar(needed(folder, 'train.bin'), options),
    validation: readCifar(needed(folder, 'test.bin'), options),
  }
}

const present = (folder: string, name: string): string[] =>
  [join(folder, name), join(folder, `${name}.gz`)].filter((path) => existsSync(path)).slice(0, 1)

function needed(folder: string, name: string): string {
  const [path] = present(folder, name)
  if (path === undefined) throw missing(folder, name)
  return path
}

const missing = (folder: string, name: string): FormatError =>
  new FormatError(`${folder}: wanted ${name} or ${name}.gz in it, got none; download CIFAR's binary version`)
