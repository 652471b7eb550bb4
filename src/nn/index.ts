export { variables } from '../core/variable.ts'
export { ReLU } from './activation.ts'
export {
  type BatchNorm,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
} from './batch-norm.ts'
export { freeze, resetRunningStatistics, unfreeze } from './freeze.ts'
export { uniform } from './init.ts'
export { initialize, toDType } from './initialize.ts'
export { Linear } from './linear.ts'
export type { Mode, Module } from './module.ts'
export { modules } from './modules.ts'
export type { Renorm } from './renorm.ts'
export type { Momentum } from './running-statistics.ts'
export { Sequential } from './sequential.ts'
