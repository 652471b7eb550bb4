import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkFolder, malformed } from '../../core/mismatch.ts'
import { checkNoMore, type OptionsOf, readOptions } from '../../core/options.ts'
import type { Dataset, Split } from '../dataset.ts'
import { type CifarOptions, cifarOptions, parseCifar } from '../formats/cifar.ts'
import { withRecipe } from '../recipe.ts'
import { fileName, readFile } from './read-file.ts'

/** Reads one or more files in CIFAR's binary format, gzipped or not, as one data set: see `parseCifar`. */
export function readCifar(paths: string | readonly string[], given: CifarOptions = {}): Dataset {
  const options = readOptions('readCifar', cifarOptions, given)
  const files = function* () {
    for (const path of [paths].flat()) yield { name: fileName(path), bytes: readFile(path) }
  }
  return withRecipe(parseCifar(files(), options), { normalized: [] })
}

const classNames = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ')

/**
 * Reads CIFAR-10 from its folder `cifar-10-batches-bin`: training images from those of `data_batch_1.bin` …
 * `data_batch_5.bin` that exist, validation images from `test_batch.bin`. Files may be gzipped (`.bin.gz`).
 *
 * @throws {FormatError} when a file is missing or damaged.
 */
export function cifar10(folder: string, ...more: readonly never[]): Split {
  checkNoMore('cifar10', more)
  checkFolder('cifar10', folder)
  const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)
  return {
    train: readCifar(present(folder, ...batches), { classNames }),
    validation: readCifar(present(folder, 'test_batch.bin'), { classNames }),
  }
}

/** Options of `cifar100`. */
export const cifar100Options = {
  /** Which labels to read: 'fine' (100 classes) or 'coarse' (20 classes). @default 'fine' */
  labels: cifarOptions.labels,
}

/**
 * Reads CIFAR-100 from its folder `cifar-100-binary`: training images from `train.bin`, validation images from
 * `test.bin`, either gzipped (`.bin.gz`) or not, and class names from `*_label_names.txt` if that file exists.
 *
 * @throws {FormatError} when a file is missing or damaged.
 */
export function cifar100(folder: string, given: OptionsOf<typeof cifar100Options> = {}): Split {
  const { labels } = readOptions('cifar100', cifar100Options, given)
  checkFolder('cifar100', folder)
  const path = join(folder, `${labels}_label_names.txt`)
  const classNames = existsSync(path)
    ? new TextDecoder().decode(readFile(path)).trim().split(/\s+/)
    : undefined
  const options: CifarOptions = { classes: 100, labels, ...(classNames && { classNames }) }
  return {
    train: readCifar(present(folder, 'train.bin'), options),
    validation: readCifar(present(folder, 'test.bin'), options),
  }
}

/**
 * Returns the paths of the named files that exist, uncompressed or with `.gz` appended.
 *
 * @throws {FormatError} when none of them exists.
 */
function present(folder: string, ...names: readonly string[]): string[] {
  const paths = names.flatMap((name) =>
    [join(folder, name), join(folder, `${name}.gz`)].filter((path) => existsSync(path)).slice(0, 1),
  )
  if (paths.length > 0) return paths
  const wanted = `${names[0]} or ${names[0]}.gz in it`
  throw malformed(folder, wanted, 'none', "download CIFAR's binary version")
}
