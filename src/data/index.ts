export { classCounts, classWeights, exampleWeights } from './balance.ts'
export type { Batch } from './batch.ts'
export { breastCancer } from './breast-cancer.ts'
export { type CifarOptions, cifar10, cifar100, readCifar } from './cifar.ts'
export { type CsvOptions, csv, csvStream, parseCsv } from './csv.ts'
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
export { digits10x10 } from './digits.ts'
export { type IdxArray, type IdxOptions, idxImages, parseIdx, readIdx } from './idx.ts'
export { type ImageFolderOptions, imageFolder, imageFolderStream } from './image-folder.ts'
export { cutout, horizontalFlip, randomCrop } from './image-transforms.ts'
export { type Loader, type LoaderOptions, loader } from './loader.ts'
export { mixup, oneHot } from './mixup.ts'
export { type NextCharacterOptions, names, nextCharacter } from './names.ts'
export {
  type Moments,
  moments,
  type NormalizeOptions,
  normalize,
  standardize,
  streamMoments,
} from './normalize.ts'
export { encodeNpy, type NpyArray, type NpyData, parseNpy, readNpy, writeNpy } from './npy.ts'
export { encodeNpz, type NumpyOptions, npy, npz, parseNpz, readNpz, writeNpz } from './npz.ts'
export { parquet, parquetStream } from './parquet.ts'
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
export type { StreamLoader, StreamLoaderOptions } from './stream-loader.ts'
export type { Column, TableOptions } from './table.ts'
export { loaderStream, type ThreadedOptions, type ThreadedStream, threaded } from './thread.ts'
export type { Example, Occasion, Transform } from './transform.ts'
