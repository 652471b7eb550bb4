import { join } from '#files'
import { versionsHere } from '#origin'
import { FormatError } from '../core/errors.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { Checkpoints, readState } from './checkpoint.ts'
import { checkSame, describe, describedRanks, readDescription, withFormerSteps } from './description.ts'
import type { Experiment } from './experiment.ts'
import type { Task } from './task.ts'

/**
 * Checks that `experiment` is the experiment of the run in the folder `path`, so that the run's weights can be
 * loaded. Refuses the same differences as `train --resume`, except that the length may differ even if percentages in
 * schedules refer to it, and so may the number of ranks, since no steps will follow.
 *
 * @throws {ArgumentError} naming the first difference.
 * @throws {FormatError} when the data are not those that the run began with.
 */
export function checkSameExperiment(path: string, experiment: Experiment, task: Task): void {
  const { versions } = readDescription(path)
  const now = {
    ...describe(experiment, task),
    ...describedRanks(path),
    ...(versions !== undefined && { versions: versionsHere() }),
  }
  checkSame(path, withFormerSteps(path, experiment, now, false))
  const last = new Checkpoints(join(path, 'checkpoints')).list().at(-1)
  if (last === undefined || readState(last).fingerprint === fingerprint(experiment.data)) return
  throw new FormatError(
    `${path}: wanted the data that the run began with, got other data; use the same files`,
  )
}
