import { type OptionsOf, readOptions } from '../core/options.ts'
import { normalizeLayers } from '../nn/norm/normalization.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import { newTask } from './new-task.ts'
import { checkParallel } from './parallel/check.ts'
import { parallelOption } from './parallel/communicator.ts'
import type { Task } from './task.ts'

const options = {
  /** Data-parallel training: other processes that train the experiment with this one. @default one process */
  parallel: parallelOption,
}

export interface TaskOfOptions extends OptionsOf<typeof options> {}

/**
 * Returns a new task with the model, loss and optimizer of an experiment.
 *
 * @throws {ArgumentError} when the processes named by `parallel` cannot share the experiment's batches.
 */
export function taskOf(experiment: Experiment, given: TaskOfOptions = {}): Task {
  const { parallel } = readOptions('taskOf', options, given)
  checkExperiment('taskOf', experiment)
  if (parallel) checkParallel(experiment, parallel)
  return newTask(experiment, normalizeLayers, parallel)
}
