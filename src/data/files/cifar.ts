import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FormatError } from '../../core/errors.ts'
import type { Dataset, Split } from '../dataset.ts'
import { type CifarOptions, parseCifar } from '../formats/cifar.ts'

/** As `parseCifar`, from files. */
export function readCifar(paths: string | readonly string[], options: CifarOptions = {}): Dataset {
  const files = [paths].flat().map((path) => ({ name: basename(path), bytes: readFileSync(path) }))
  return parseCifar(files, options)
}

const names10 = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')

/**
 * CIFAR-10 from its folder `cifar-10-batches-bin`: those of `data_batch_1.bin` … `5` that are there to train on,
 * `test_batch.bin` to validate; each may be gzipped (`.bin.gz`).
 *
 * @throws {FormatError} when a file is not there or damaged.
 */
export function cifar10(folder: string): Split {
  const batches = [1, 2, 3, 4, 5].flatMap((i) => present(folder, `data_batch_${i}.bin`))
  if (batches.length === 0) throw missing(folder, 'data_batch_1.bin')
  const options = { classNames: names10 }
  return {
    train: readCifar(batches, options),
    validation: readCifar(needed(folder, 'test_batch.bin'), options),
  }
}

/**
 * CIFAR-100 from its folder `cifar-100-binary`: `train.bin` and `test.bin`, which may be gzipped (`.bin.gz`), and
 * the names of the classes where their text files are there.
 *
 * @throws {FormatError} when a file is not there or damaged.
 */
export function cifar100(folder: string, { labels = 'fine' }: Pick<CifarOptions, 'labels'> = {}): Split {
  const names = join(folder, `${labels}_label_names.txt`)
  const classNames = existsSync(names) ? readFileSync(names, 'utf8').trim().split(/\s+/) : undefined
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
