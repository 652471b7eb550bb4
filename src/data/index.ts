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
export { digits10x10 } from './digits.ts'
export { type IdxArray, type IdxOptions, idxImages, parseIdx, readIdx } from './idx.ts'
export { cutout, horizontalFlip, randomCrop } from './image-transforms.ts'
export { type Loader, type LoaderOptions, loader } from './loader.ts'
export { mixup, oneHot } from './mixup.ts'
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
export { collect, type Stream, type StreamExample, type StreamOptions, stream } from './stream.ts'
export type { StreamLoader, StreamLoaderOptions } from './stream-loader.ts'
export type { Example, Occasion, Transform } from './transform.ts'
