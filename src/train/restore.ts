import { join } from '#files'
import { checkFolder } from '../core/mismatch.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { Checkpoints } from './checkpoint.ts'
import { checkExperiment, type Experiment } from './experiment.ts'
import { factorOf, type Progress } from './progress.ts'
import { readSaved } from './saved.ts'
import type { Task } from './task.ts'
import { checkTask } from './task-options.ts'

/**
 * Loads the last checkpoint in a run's folder into a task: weights, optimizer state, number of steps and
 * learning-rate factor. The folder is not changed.
 *
 * @returns whether the folder has a checkpoint
 * @throws {FormatError} when the checkpoint is damaged, or belongs to another model or other data; the task is
 *   unchanged then.
 */
export function restore(path: string, experiment: Experiment, task: Task): boolean {
  checkFolder('restore', path)
  checkExperiment('restore', experiment)
  checkTask('restore', task)
  const last = new Checkpoints(join(path, 'checkpoints')).list().at(-1)
  if (last !== undefined) restoreCheckpoint(last, experiment, task, true)
  return last !== undefined
}

/**
 * Loads the checkpoint in the folder `path` into a task, like `restore`.
 *
 * @param isSame whether the experiment must have the same data as the checkpoint
 * @returns the run's progress at the checkpoint
 * @throws {FormatError} when the checkpoint is damaged, or belongs to another model or other data; the task is
 *   unchanged then.
 */
export function restoreCheckpoint(
  path: string,
  experiment: Experiment,
  task: Task,
  isSame: boolean,
): Progress {
  const { progress } = readSaved(path, experiment, task, isSame ? fingerprint(experiment.data) : undefined)
  task.goTo(progress.steps, factorOf(experiment, progress))
  return progress
}
