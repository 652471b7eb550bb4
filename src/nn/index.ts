export { variables } from '../core/variable.ts'
export * from './activation.ts'
export { type AttentionInputs, MultiheadAttention, type MultiheadAttentionOptions } from './attention.ts'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  type ConvTransposeOptions,
} from './convolution.ts'
export { Dropout } from './dropout.ts'
export { Embedding, type EmbeddingOptions } from './embedding.ts'
export { Flatten } from './flatten.ts'
export * as init from './init.ts'
export { initialize, toDType } from './initialize.ts'
export { Linear } from './linear.ts'
export type { Mode, Module } from './module.ts'
export { modules } from './modules.ts'
export {
  type BatchNorm,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
} from './norm/batch-norm.ts'
export { freeze, resetRunningStatistics, unfreeze } from './norm/freeze.ts'
export { type Fusable, fuse, fuseAll } from './norm/fuse.ts'
export { GroupNorm, type GroupNormOptions } from './norm/group-norm.ts'
export { InstanceNorm1d, InstanceNorm2d, type InstanceNormOptions } from './norm/instance-norm.ts'
export { fromKeras, type KerasBatchNormalization, stateFromKeras } from './norm/keras.ts'
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './norm/layer-norm.ts'
export { type Normalization, normalizeLayers } from './norm/normalization.ts'
export type { Renorm } from './norm/renorm.ts'
export type { Momentum } from './norm/running-statistics.ts'
export { type Call, observe } from './observe.ts'
export { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d } from './pool.ts'
export type { RecurrentOptions, Unrolled, UnrollOptions } from './recurrent.ts'
export { Identity, Residual } from './residual.ts'
export { GRU, LSTM, RNN, type RNNOptions } from './rnn.ts'
export { Sequential } from './sequential.ts'
export { type LayerSummary, type Summary, type SummaryOptions, summary } from './summary.ts'
