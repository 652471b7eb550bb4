export * from './activation.ts'
export * from './adaptive-pool.ts'
export * from './arithmetic.ts'
export { batchNorm, normalizeBy } from './batch-norm.ts'
export { expand, reshape, sum } from './broadcast.ts'
export * from './compare.ts'
export * from './concat.ts'
export {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './convolution.ts'
export * from './cumulative.ts'
export * from './detach.ts'
export { type DropoutOptions, dropout } from './dropout.ts'
export * from './einsum.ts'
export * from './erf.ts'
export * from './extremum.ts'
export { embedding, gather, indexSelect, scatterAdd, take } from './gather.ts'
export { type GeluOptions, gelu } from './gelu.ts'
export * from './ghost-batch-norm.ts'
export * from './interpolate.ts'
export * from './logarithm.ts'
export * from './logic.ts'
export { accuracy, type CrossEntropyOptions, crossEntropy, type Loss, nllLoss } from './loss.ts'
export { weightedLoss } from './loss-weight.ts'
export {
  type CosineOptions,
  cosineEmbeddingLoss,
  cosineSimilarity,
  type HingeOptions,
  hingeEmbeddingLoss,
  type MultiMarginOptions,
  multiMarginLoss,
} from './margin-loss.ts'
export { maskedBatchNorm } from './masked-batch-norm.ts'
export * from './matmul.ts'
export * from './movement.ts'
export * from './norm.ts'
export {
  type AveragePoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolOptions,
} from './pool.ts'
export * from './power.ts'
export {
  type BinaryOptions,
  binaryCrossEntropyWithLogits,
  type KlDivOptions,
  klDiv,
} from './probability-loss.ts'
export { all, any, logSumExp, prod } from './reduction.ts'
export {
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from './regression-loss.ts'
export { argMax, argMin, oneHot } from './select.ts'
export * from './sigmoid.ts'
export { flip, type PadOptions, type Pads, pad, type SliceRange, slice } from './slice.ts'
export * from './softmax.ts'
export * from './sort.ts'
export { rootMeanSquareNorm, standardize } from './standardize.ts'
export * from './statistics.ts'
export * from './trigonometry.ts'
export type { PerAxis } from './window.ts'
