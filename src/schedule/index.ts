/**
 * Schedules of hyperparameters: pure functions of the step, each with a spec in JSON.
 *
 * It stands alone: nothing here knows of tensors or optimizers.
 */
export {
  type DecayShape,
  type FlatCosineOptions,
  flatCosine,
  type RexOptions,
  rex,
  type SwaOptions,
  swa,
  type TanhOptions,
  tanh,
  type WarmupStableDecayOptions,
  warmupStableDecay,
} from './budgets.ts'
export {
  type ClampedOptions,
  chained,
  clamped,
  type PerEpochOptions,
  perEpoch,
  periodic,
  type SequentialOptions,
  scaled,
  sequential,
  shifted,
} from './compose.ts'
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
export {
  type ConstantFactorOptions,
  type CosineAnnealingOptions,
  constant,
  constantFactor,
  cosineAnnealing,
  type LinearOptions,
  linear,
  type PolynomialOptions,
  polynomial,
} from './curves.ts'
export {
  type CosineAnnealingWarmRestartsOptions,
  type CyclicMomentumOptions,
  type CyclicOptions,
  cosineAnnealingWarmRestarts,
  cyclic,
  cyclicMomentum,
} from './cycles.ts'
export {
  type DecayOptions,
  type ExponentialOptions,
  exponential,
  type InverseSqrtOptions,
  inverseSqrt,
  inverseTime,
  type NoamOptions,
  naturalExp,
  noam,
} from './decays.ts'
export type { Field, Fields, Point } from './field.ts'
export type { Kind } from './kind.ts'
export { kinds } from './kinds.ts'
export { lambda, multiplicative, type StepFactor } from './lambda.ts'
export { type MomentumOptions, momentumOf } from './momentum.ts'
export { type NoiseOptions, noise } from './noise.ts'
export {
  type OneCycleMomentumOptions,
  type OneCycleOptions,
  oneCycle,
  oneCycleMomentum,
} from './one-cycle.ts'
export { type PointsOptions, piecewiseCosine, piecewiseLinear, table } from './points.ts'
export { refine } from './refine.ts'
export { type After, isSchedule, type Schedule, type ScheduleSpec, type SpecValue } from './schedule.ts'
export { type ScheduleSummary, summary, values } from './simulate.ts'
export {
  type MultiStepOptions,
  multiStep,
  type PiecewiseConstantOptions,
  piecewiseConstant,
  type StepOptions,
  step,
} from './steps.ts'
export { format } from './text/format.ts'
export { parse } from './text/text.ts'
export { type WarmupOptions, type WarmupShape, warmup } from './warmup.ts'
export { toWeightDecayFree, type WeightDecayFreeOptions } from './weight-decay-free.ts'
