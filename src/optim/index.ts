export type { Hyperparameter } from '../core/options.ts'
export type { Applied, Attached } from './attach.ts'
export type { Average, Ema, Swa } from './average.ts'
export type { Clip, ClipAdaptive, ClipNorm, ClipValue } from './clip.ts'
export { type BatchNormPolicy, type EvaluationWeights, swapped } from './evaluation.ts'
export type { Group, Members } from './group.ts'
export type { CommonOptions, Optimizer } from './optimizer.ts'
export { parse } from './parse.ts'
export { type AdagradOptions, adagrad } from './rules/adagrad.ts'
export { type AdamOptions, type AdamwOptions, adam, adamw } from './rules/adam.ts'
export { type LambOptions, lamb } from './rules/lamb.ts'
export { type LarsOptions, lars } from './rules/lars.ts'
export { type LionOptions, lion } from './rules/lion.ts'
export { type MuonOptions, muon } from './rules/muon.ts'
export { type NadamOptions, nadam } from './rules/nadam.ts'
export { type ProdigyOptions, prodigy } from './rules/prodigy.ts'
export { type RadamOptions, radam } from './rules/radam.ts'
export { type RmspropOptions, rmsprop } from './rules/rmsprop.ts'
export {
  type ScheduleFreeAdamWOptions,
  type ScheduleFreeSgdOptions,
  scheduleFreeAdamW,
  scheduleFreeSgd,
} from './rules/schedule-free.ts'
export { type SgdOptions, sgd } from './rules/sgd.ts'
export { type ScaleLrOptions, scaleLr } from './scale-lr.ts'
export { gradualUnfreezing, layersOf, layerwiseDecay, noDecayOnNormAndBias } from './weight-groups.ts'
