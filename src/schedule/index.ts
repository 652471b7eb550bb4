/**
 * Schedules of hyperparameters: pure functions of the step, each with a spec in JSON.
 *
 * The folder stands alone: nothing in it knows of tensors or optimizers.
 */
export * from './budgets.ts'
export * from './compose.ts'
export { type Controller, fold } from './control/controller.ts'
export { parseController } from './control/controllers.ts'
export {
  type EarlyStoppingOptions,
  type EarlyStoppingState,
  earlyStopping,
} from './control/early-stopping.ts'
export { type GreedyOptions, type GreedyState, greedy } from './control/greedy.ts'
export type { Goal, NonFinite, ThresholdMode } from './control/improvement.ts'
export {
  type PlateauPreset,
  type PlateauState,
  type ReduceOnPlateauOptions,
  reduceOnPlateau,
} from './control/plateau.ts'
export * from './curves.ts'
export * from './cycles.ts'
export * from './decays.ts'
export type { Constructor, Kind } from './kind.ts'
export { kinds } from './kinds.ts'
export * from './lambda.ts'
export { type MomentumOptions, momentumOf } from './momentum.ts'
export * from './noise.ts'
export * from './one-cycle.ts'
export type { Point } from './options.ts'
export * from './points.ts'
export { refine } from './refine.ts'
export { type After, isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'
export { type ScheduleSummary, summary, values } from './simulate.ts'
export * from './steps.ts'
export { format } from './text/format.ts'
export { parse } from './text/text.ts'
export { type WarmupOptions, type WarmupShape, warmup } from './warmup.ts'
export * from './weight-decay-free.ts'
