/** Schedules of hyperparameters. */
export { type SequentialOptions, sequential } from './compose.ts'
export {
  type CosineAnnealingOptions,
  constant,
  cosineAnnealing,
  type LinearOptions,
  linear,
} from './curves.ts'
export { type Factor, lambda, multiplicative } from './lambda.ts'
export { type After, isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'
export { fromSpec as parse } from './spec.ts'
export { type StepOptions, step } from './steps.ts'
export { type WarmupOptions, type WarmupShape, warmup } from './warmup.ts'
