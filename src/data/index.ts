export { classCounts, classWeights, exampleWeights } from './balance.ts'
export type { Batch } from './batch.ts'
export {
  type Columns,
  type Dataset,
  dataset,
  type Field,
  type FieldSpec,
  type Names,
  type Split,
  subset,
  type Values,
} from './dataset.ts'
export { breastCancer } from './files/breast-cancer.ts'
export { cifar10, cifar100, readCifar } from './files/cifar.ts'
export { csv, csvStream } from './files/csv.ts'
export { digits10x10 } from './files/digits.ts'
export { idxImages, readIdx } from './files/idx.ts'
export { type ImageFolderOptions, imageFolder, imageFolderStream } from './files/image-folder.ts'
export { names } from './files/names.ts'
export { type NumpyOptions, npy, npz, readNpy, readNpz, writeNpy, writeNpz } from './files/numpy.ts'
export { parquet, parquetStream } from './files/parquet.ts'
export type { CifarOptions } from './formats/cifar.ts'
export { type CsvOptions, parseCsv } from './formats/csv.ts'
export { type IdxArray, type IdxOptions, parseIdx } from './formats/idx.ts'
export { encodeNpy, type NpyArray, type NpyData, parseNpy } from './formats/npy.ts'
export { encodeNpz, type NpzOptions, parseNpz } from './formats/npz.ts'
export type { Column, TableOptions } from './formats/table.ts'
export { cutout, horizontalFlip, randomCrop } from './image-transforms.ts'
export { type Loader, loader } from './loader.ts'
export type { LoaderOptions, StreamLoaderOptions } from './loader-options.ts'
export { mixup, oneHot } from './mixup.ts'
export { type NextCharacterOptions, nextCharacter } from './next-character.ts'
export {
  type Moments,
  moments,
  type NormalizeOptions,
  normalize,
  standardize,
  streamMoments,
} from './normalize.ts'
export { type Sampler, type WeightedSamplerOptions, weightedSampler } from './sampler.ts'
export { type KFoldOptions, kFold, type SplitOptions, split } from './split.ts'
export {
  collect,
  type Source,
  type Sources,
  type Stream,
  type StreamExample,
  type StreamOptions,
  stream,
} from './stream.ts'
export type { StreamLoader } from './stream-loader.ts'
export { loaderStream, type ThreadedOptions, type ThreadedStream, threaded } from './thread.ts'
export type { Example, Occasion, Transform } from './transform.ts'
