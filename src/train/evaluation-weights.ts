import { assignAll } from './assign-weights.ts'
import type { Experiment } from './experiment.ts'
import { restoreCheckpoint } from './restore.ts'
import { runPlaceOf } from './run-place.ts'
import type { Stored } from './safetensors.ts'
import type { Task } from './task.ts'
import { taskOf } from './train.ts'

/**
 * Loads the weights with which a checkpoint's model is evaluated (averages, if the optimizer keeps them) into a new
 * task, without the optimizer's state. @returns the number of steps after which the checkpoint was written
 */
export async function loadCheckpoint(path: string, experiment: Experiment, task: Task): Promise<number> {
  const trained = taskOf(experiment)
  const { steps } = restoreCheckpoint(path, experiment, trained, false)
  const { batchSize } = experiment
  // References, not copies: nothing writes into an array that a variable has had.
  const weightsOf = (): Map<string, Stored> =>
    new Map([...trained.variables].map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data }]))
  const weights = await trained.atEvaluation(async () => weightsOf(), { batchSize })
  assignAll(task.variables, weights, path)
  return steps
}

/**
 * Loads the best checkpoint of the run in the folder `path` into a new task, like `loadCheckpoint`.
 *
 * @throws {ArgumentError} when the run has no checkpoint at the end of an epoch.
 */
export async function loadBest(
  path: string,
  experiment: Experiment,
): Promise<{ readonly task: Task; readonly step: number }> {
  const task = taskOf(experiment)
  return { task, step: await loadCheckpoint(runPlaceOf(path, 'best').checkpoint!, experiment, task) }
}
