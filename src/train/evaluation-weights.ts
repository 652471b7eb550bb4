import type { Experiment } from './experiment.ts'
import { assignAll } from './load-weights.ts'
import { restoreCheckpoint } from './restore.ts'
import { runPlaceOf } from './run-place.ts'
import type { Stored } from './safetensors.ts'
import type { Task } from './task.ts'
import { taskOf } from './train.ts'

/** Loads a checkpoint's evaluation weights into a task as if they were initial weights. @returns the step */
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
 * Loads the best checkpoint of the run in the folder `path` into a new task, as if its evaluation weights were initial
 * weights.
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
