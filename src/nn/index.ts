export { variables } from '../core/variable.ts'
export * from './activation.ts'
export { type AttentionInputs, MultiheadAttention, type MultiheadAttentionOptions } from './attention.ts'
export {
  type BatchNorm,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
} from './batch-norm.ts'
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
export { freeze, resetRunningStatistics, unfreeze } from './freeze.ts'
export { type Fusable, fuse, fuseAll } from './fuse.ts'
export { GroupNorm, type GroupNormOptions } from './group-norm.ts'
export * as init from './init.ts'
export { initialize, toDType } from './initialize.ts'
export { InstanceNorm1d, InstanceNorm2d, type InstanceNormOptions } from './instance-norm.ts'
export { fromKeras, type KerasBatchNormalization, stateFromKeras } from './keras.ts'
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './layer-norm.ts'
export { Linear } from './linear.ts'
export type { Mode, Module } from './module.ts'
export { modules } from './modules.ts'
export { type Normalization, normalizeLayers } from './normalization.ts'
export { type Call, observe } from './observe.ts'
export { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d } from './pool.ts'
export type { RecurrentOptions, Unrolled, UnrollOptions } from './recurrent.ts'
export type { Renorm } from './renorm.ts'
export { Identity, Residual } from './residual.ts'
export { GRU, LSTM, RNN, type RNNOptions } from './rnn.ts'
export type { Momentum } from './running-statistics.ts'
export { Sequential } from './sequential.ts'
export { type LayerSummary, type Summary, type SummaryOptions, summary } from './summary.ts'
