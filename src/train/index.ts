export type { Accumulate } from './accumulation.ts'
export { Checkpoints, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
export { describe } from './description.ts'
export { DivergedError } from './diverged.ts'
export { readSteps, toLines } from './event-log.ts'
export { type Experiment, type ExperimentOptions, experiment } from './experiment.ts'
export { exportOnnx, loadWeights } from './export.ts'
export { type FindLearningRateOptions, findLearningRate, type LearningRates } from './find-lr.ts'
export * as metrics from './metrics/index.ts'
export { type RecalibrateOptions, recalibrate, updateBn } from './recalibrate.ts'
export { RunFolder, type RunFolderOptions, restore } from './run-folder.ts'
export { assignAll, readSafetensors, type Stored, writeSafetensors } from './safetensors.ts'
export { override, parseExperiment } from './spec.ts'
export type { Steps } from './steps.ts'
export { type Evaluation, Task, type TaskOptions } from './task.ts'
export {
  beginning,
  type EndEvent,
  type EpochEvent,
  type Progress,
  type RunOptions,
  run,
  type StartEvent,
  type StepsEvent,
  type TrainEvent,
  taskOf,
} from './train.ts'
export type { LogOptions } from './watch.ts'
