export { type Experiment, type ExperimentOptions, experiment } from './experiment.ts'
export { describe, RunFolder, toLines } from './run-folder.ts'
export { DivergedError, type Evaluation, type Steps, Task, type TaskOptions } from './task.ts'
export {
  type EndEvent,
  type EpochEvent,
  run,
  type StartEvent,
  type StepsEvent,
  type TrainEvent,
  taskOf,
} from './train.ts'
