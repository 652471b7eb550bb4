export type { Accumulate } from './accumulate.ts'
export { assignAll, type LoadedWeights, type LoadOptions } from './assign-weights.ts'
export { DivergedError } from './diverged.ts'
export type { EvaluateOptions, Evaluation } from './evaluation.ts'
export type {
  EndEvent,
  EpochEvent,
  StartEvent,
  StepsEvent,
  TestEvent,
  TestedWeights,
  TrainEvent,
} from './event.ts'
export { type Experiment, type ExperimentOptions, experiment } from './experiment.ts'
export { type ExportOptions, exportOnnx } from './export.ts'
export { type FindLearningRateOptions, findLearningRate, type LearningRates } from './find-lr.ts'
export type { GivenMetrics, Losses, OutputLoss } from './goals.ts'
export { type InWorkerOptions, inWorker, type WorkerRun } from './in-worker.ts'
export type { Interval } from './intervals.ts'
export * as metrics from './metrics/index.ts'
export { type OpenedRun, type OpenOptions, open } from './open.ts'
export type { NamedPrediction } from './outputs-reader.ts'
export type { Communicator, Parallel } from './parallel/communicator.ts'
export type { Predicted, Prediction } from './prediction.ts'
export type { Predict } from './predictor.ts'
export { beginning, type Progress } from './progress.ts'
export { type RecalibrateOptions, recalibrate, updateBn } from './recalibrate.ts'
export type { RowsInput } from './row-reader.ts'
export { RunFolder } from './run-folder.ts'
export type { EventsOptions, RunFolderOptions } from './run-folder-options.ts'
export { readSafetensors, type Stored, writeSafetensors } from './safetensors.ts'
export { scheduleWarnings } from './schedule-advice.ts'
export { type MakeExperiment, serve } from './serve.ts'
export type { Splitting, Steps } from './steps.ts'
export { Task } from './task.ts'
export type { TaskOfOptions } from './task-of.ts'
export type { TaskOptions } from './task-options.ts'
export { type RunOptions, run, taskOf } from './train.ts'
export type { LogOptions } from './watch.ts'
export { type FeatureOptions, features } from './weights/features.ts'
export { loadSafetensors } from './weights/load-safetensors.ts'
export type { WorkerLike } from './worker-messages.ts'
