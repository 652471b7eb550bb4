export { type AdagradOptions, adagrad } from './adagrad.ts'
export { type AdamOptions, adam, adamw } from './adam.ts'
export type { Applied, Attached } from './attach.ts'
export type { Average, Ema, Swa } from './average.ts'
export type { Clip, ClipAdaptive, ClipNorm, ClipValue } from './clip.ts'
export { type BatchNormPolicy, type EvaluationWeights, swapped } from './evaluation.ts'
export type { Group, Members } from './group.ts'
export type { Hyperparameter } from './hyperparameter.ts'
export { type LambOptions, lamb } from './lamb.ts'
export { type LarsOptions, lars } from './lars.ts'
export { type LionOptions, lion } from './lion.ts'
export { type NadamOptions, nadam } from './nadam.ts'
export type { CommonOptions, Optimizer } from './optimizer.ts'
export { parse } from './parse.ts'
export { type RadamOptions, radam } from './radam.ts'
export { type RmspropOptions, rmsprop } from './rmsprop.ts'
export { type ScaleLrOptions, scaleLr } from './scale-lr.ts'
export {
  type ScheduleFreeAdamWOptions,
  type ScheduleFreeSgdOptions,
  scheduleFreeAdamW,
  scheduleFreeSgd,
} from './schedule-free.ts'
export { type SgdOptions, sgd } from './sgd.ts'
export { layersOf, layerwiseDecay, noDecayOnNormAndBias } from './weight-groups.ts'
