import { ArgumentError } from '../../core/errors.ts'
import { fingerprint } from '../../data/fingerprint.ts'
import { describe, differenceOf } from '../description.ts'
import type { Experiment } from '../experiment.ts'
import type { Task } from '../task.ts'
import type { Communicator } from './communicator.ts'

/**
 * Checks that all ranks have one experiment and the same data.
 *
 * @throws {ArgumentError} on each rank whose experiment differs from that of rank 0, naming the first difference.
 */
export async function checkSameOnAll(
  communicator: Communicator,
  experiment: Experiment,
  task: Task,
  version: string,
): Promise<void> {
  const { origin: _, ...own } = {
    evenstep: version,
    ...(JSON.parse(JSON.stringify(describe(experiment, task))) as Readonly<Record<string, unknown>>),
    fingerprint: fingerprint(experiment.data),
  } as Readonly<Record<string, unknown>>
  const bytes = await communicator.broadcast(new TextEncoder().encode(JSON.stringify(own)))
  const first = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>
  for (const key of new Set([...Object.keys(first), ...Object.keys(own)])) {
    const difference = differenceOf(key, first, own)
    if (difference === undefined) continue
    throw new ArgumentError(
      `train: wanted the experiment of rank 0 on each rank, got ${difference}; use the same files`,
    )
  }
}
