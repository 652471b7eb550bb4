import type { Declared } from '../../core/options.ts'
import { archiveOptions, arrayOptions } from '../../data/array-examples.ts'
import { digitOptions } from '../../data/digits.ts'
import { cifar100Options } from '../../data/files/cifar.ts'
import { imageFolderOptions } from '../../data/files/image-folder.ts'
import { tableLike } from '../../data/files/table.ts'
import { cifarOptions } from '../../data/formats/cifar.ts'
import { csvOptions } from '../../data/formats/csv-options.ts'
import { idxOptions } from '../../data/formats/idx.ts'
import { tableOptions } from '../../data/formats/table.ts'
import * as data from '../../data/index.ts'
import { recipeOf } from '../../data/recipe.ts'
import { mixedCsvOptions } from '../../data/table/table-options.ts'

type Made = data.Source | data.Split | data.MixedTable | readonly string[]

/** A function of `data` that reads examples: how many paths it takes, and its options. */
export interface Reader {
  readonly paths: 0 | 1 | 2 | 'any'
  readonly options: Declared
  /** @param train training data, if they are read already and these are another part of the data */
  read(paths: readonly string[], options: object, train?: data.Source): Made | Promise<Made>
}

type Read<O> = (path: string, options: O) => Made | Promise<Made>

/** Returns a reader of files that hold everything, one or several of them. */
const ofFile = <O>(read: Read<O>, options: Declared): Reader => ({
  paths: 1,
  options,
  read: ([path], given) => read(path!, given as O),
})

/** Returns a reader of a file of inputs and another of labels or targets. */
const ofTwo = <O>(read: (x: string, y: string, options: O) => Made, options: Declared): Reader => ({
  paths: 2,
  options,
  read: ([x, y], given) => read(x!, y!, given as O),
})

/** Returns a reader of data that come with the package. */
const ofPackage = <O>(read: (options: O) => Made, options: Declared): Reader => ({
  paths: 0,
  options,
  read: (_, given) => read(given as O),
})

/** Every function of `data` that reads examples, by name, as experiments in JSON name them. */
export const readers: Readonly<Record<string, Reader>> = {
  table: {
    paths: 1,
    options: mixedCsvOptions,
    read: ([path], given, train) => {
      const { encoding } = (train && recipeOf(train)) ?? {}
      return encoding ? tableLike(path!, encoding, given) : data.table(path!, given)
    },
  },
  tableStream: {
    paths: 1,
    options: mixedCsvOptions,
    read: ([path], given, train) => data.tableStream(path!, { ...given, ...(train && { encodedAs: train }) }),
  },
  csv: ofFile(data.csv, csvOptions),
  csvStream: ofFile(data.csvStream, csvOptions),
  parquet: ofFile(data.parquet, tableOptions),
  parquetStream: ofFile(data.parquetStream, tableOptions),
  npz: ofFile(data.npz, archiveOptions),
  npy: ofTwo(data.npy, arrayOptions),
  idxImages: ofTwo(data.idxImages, idxOptions),
  readCifar: { paths: 'any', options: cifarOptions, read: (paths, given) => data.readCifar(paths, given) },
  cifar10: ofFile((path: string) => data.cifar10(path), {}),
  cifar100: ofFile(data.cifar100, cifar100Options),
  imageFolder: ofFile(data.imageFolder, imageFolderOptions),
  imageFolderStream: ofFile(data.imageFolderStream, imageFolderOptions),
  digits10x10: ofPackage(data.digits10x10, digitOptions),
  breastCancer: ofPackage(() => data.breastCancer(), {}),
  names: ofPackage(() => data.names(), {}),
}
