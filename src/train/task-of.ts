import { normalizeLayers } from '../nn/norm/normalization.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import { newTask } from './new-task.ts'
import type { Task } from './task.ts'

/** Returns a new task with the model, loss and optimizer of an experiment. */
export function taskOf(experiment: Experiment): Task {
  checkExperiment('taskOf', experiment)
  return newTask(experiment, normalizeLayers)
}
