export { variables } from '../core/state.ts'
export * from './activation.ts'
export * from './attention.ts'
export * from './convolution.ts'
export { Denormalize, type KnownTargets } from './denormalize.ts'
export * from './dropout.ts'
export * from './embedding.ts'
export * from './flatten.ts'
export * as init from './init.ts'
export * from './initialize.ts'
export * from './linear.ts'
export type { Mode, Model, Module, TensorRecord } from './module.ts'
export * from './modules.ts'
export {
  type BatchNorm,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
} from './norm/batch-norm.ts'
export { Derf, type DynamicTanhOptions, DyT } from './norm/dynamic-tanh.ts'
export { freeze, resetRunningStatistics, unfreeze } from './norm/freeze.ts'
export * from './norm/fuse.ts'
export * from './norm/group-norm.ts'
export * from './norm/instance-norm.ts'
export * from './norm/keras.ts'
export * from './norm/layer-norm.ts'
export { type Normalization, normalizeLayers } from './norm/normalization.ts'
export type { Renorm } from './norm/renorm.ts'
export type { Momentum } from './norm/running-statistics.ts'
export { type Call, observe } from './observe.ts'
export { fromOnnx, fromOnnxBytes, type OnnxSource } from './onnx/from-bytes.ts'
export type { OnnxInput, OnnxModel, OnnxModule, OnnxOptions } from './onnx/import.ts'
export * from './pool.ts'
export type { RecurrentOptions, UnrollOptions } from './recurrent.ts'
export type { Unrolled } from './recurrent-kind.ts'
export * from './requires-grad.ts'
export * from './residual.ts'
export * from './rnn.ts'
export * from './sequential.ts'
export {
  StandardizedConv1d,
  StandardizedConv2d,
  type StandardizedConvOptions,
} from './standardized-convolution.ts'
export { StandardizedLinear } from './standardized-linear.ts'
export * from './summary.ts'
export * from './tabular-input.ts'
