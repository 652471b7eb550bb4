import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FormatError } from '../../core/errors.ts'
import { type Dataset, dataset, type Split } from '../dataset.ts'
import { unzip } from './gzip.ts'

const pixels = 3 * 32 * 32

export interface CifarOptions {
  /** CIFAR-10 has one label byte before an image, CIFAR-100 two: coarse, then fine; 10 unless given. */
  readonly classes?: 10 | 100
  /** Which of CIFAR-100's labels: 100 `fine` classes or 20 `coarse` ones; `fine` unless given. */
  readonly labels?: 'fine' | 'coarse'
  readonly classNames?: readonly string[]
}

/**
 * Images from files in CIFAR's binary format, one after another, gzipped or not.
 *
 * @returns x `[3, 32, 32]` (red, green, blue) in 0 … 1, that is byte / 255; y int32
 * @throws {FormatError} when a file does not hold whole images, or a label is not one of the classes.
 *
 * Source: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
export function readCifar(paths: string | readonly string[], options: CifarOptions = {}): Dataset {
  const { classes: kind = 10, labels = 'fine', classNames } = options
  const head = kind === 10 ? 1 : 2
  const classes = kind === 10 ? 10 : labels === 'fine' ? 100 : 20
  const labelAt = kind === 100 && labels === 'fine' ? 1 : 0
  const files = [paths].flat().map((path) => ({ name: basename(path), bytes: records(path, head + pixels) }))
  const count = files.reduce((n, { bytes }) => n + bytes.length / (head + pixels), 0)
  const x = new Float32Array(count * pixels)
  const y = new Int32Array(count)
  let example = 0
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += head + pixels, example++) {
      const label = bytes[at + labelAt]!
      if (label >= classes) {
        throw new FormatError(
          `${name}: wanted labels from 0 to ${classes - 1}, got ${label} at image ${at / (head + pixels)}`,
        )
      }
      y[example] = label
      const start = example * pixels
      const first = at + head
      for (let i = 0; i < pixels; i++) x[start + i] = bytes[first + i]! / 255
    }
  }
  return dataset({ x, y, shape: [3, 32, 32], classes, ...(classNames && { classNames }) })
}

function records(path: string, size: number): Uint8Array {
  const bytes = unzip(readFileSync(path), basename(path))
  if (bytes.length === 0 || bytes.length % size !== 0) {
    throw new FormatError(
      `${basename(path)}: wanted whole images of ${size} bytes, got ${bytes.length} bytes; the file is truncated, ` +
        'or of the other CIFAR',
    )
  }
  return bytes
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
