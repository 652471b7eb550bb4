export {
  celu,
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  prelu,
  relu,
  relu6,
  selu,
} from './activation.ts'
export {
  abs,
  add,
  ceil,
  div,
  exp,
  floor,
  log,
  mul,
  neg,
  reciprocal,
  round,
  sign,
  sqrt,
  square,
  sub,
} from './arithmetic.ts'
export { batchNorm, normalizeBy } from './batch-norm.ts'
export { expand, reshape, sum } from './broadcast.ts'
export {
  cast,
  equal,
  finite as isFinite,
  greater,
  greaterEqual,
  less,
  lessEqual,
  notANumber as isNaN,
  notEqual,
  where,
} from './compare.ts'
export { chunk, concat, roll, split, stack, unbind } from './concat.ts'
export {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type PerAxis,
} from './convolution.ts'
export { cumSum } from './cumulative.ts'
export { detach } from './detach.ts'
export { type DropoutOptions, dropout } from './dropout.ts'
export { einsum } from './einsum.ts'
export { erf } from './erf.ts'
export { clamp, max, maximum, min, minimum } from './extremum.ts'
export { embedding, gather, indexSelect, scatterAdd, take } from './gather.ts'
export { gelu } from './gelu.ts'
export { ghostBatchNorm } from './ghost-batch-norm.ts'
export { type InterpolateOptions, interpolate } from './interpolate.ts'
export { expm1, log1p } from './logarithm.ts'
export { logicalAnd, logicalNot, logicalOr, logicalXor } from './logic.ts'
export { accuracy, type CrossEntropyOptions, crossEntropy, type Loss, nllLoss } from './loss.ts'
export {
  cosineEmbeddingLoss,
  cosineSimilarity,
  hingeEmbeddingLoss,
  type MarginOptions,
  type MultiMarginOptions,
  multiMarginLoss,
} from './margin-loss.ts'
export { maskedBatchNorm } from './masked-batch-norm.ts'
export { linear, matmul } from './matmul.ts'
export { flatten, squeeze, tile, transpose, unsqueeze } from './movement.ts'
export { type NormOptions, norm } from './norm.ts'
export {
  type AveragePoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolOptions,
} from './pool.ts'
export { pow } from './power.ts'
export {
  type BinaryOptions,
  binaryCrossEntropyWithLogits,
  type KlDivOptions,
  klDiv,
} from './probability-loss.ts'
export { all, any, logSumExp, prod } from './reduction.ts'
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './regression-loss.ts'
export { argMax, argMin, oneHot } from './select.ts'
export { logSigmoid, mish, sigmoid, silu, softplus, tanh } from './sigmoid.ts'
export { flip, type PadOptions, type Pads, pad, type SliceRange, slice } from './slice.ts'
export { logSoftmax, softmax } from './softmax.ts'
export { argSort, type Sorted, sort, topK } from './sort.ts'
export { rootMeanSquareNorm, standardize } from './standardize.ts'
export { mean, variance } from './statistics.ts'
export { cos, sin, tan } from './trigonometry.ts'
