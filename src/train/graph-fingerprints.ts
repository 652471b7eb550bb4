import { present } from '../core/options.ts'
import { graphFingerprint } from '../runtime/fingerprint.ts'
import { valuesFingerprint } from './effects.ts'
import type { Task } from './task.ts'

/** Hashes of what a task computes; independent of process, device and the values of weights. */
interface GraphFingerprints {
  /** Hash of the training step's graph. */
  readonly graph: string
  /** Hash of the graph of the model in evaluation mode. */
  readonly evaluation: string
  /** Hash of some values of each schedule in a layer, such as a momentum's, by the schedule's name. */
  readonly scheduled: Readonly<Record<string, string>>
}

/**
 * Returns hashes of what training steps and evaluation compute for batches of `batchSize` examples, without compiling
 * a graph.
 *
 * @throws {ShapeError} when model, data and loss do not fit together.
 */
export function graphFingerprints(task: Task, batchSize: number): GraphFingerprints {
  const { training, evaluation } = task.traces(batchSize)
  const own = [...training.scheduled.values()].filter(({ name }) => !/^(optimizer|accumulate)\./.test(name))
  return {
    graph: graphFingerprint(training),
    evaluation: graphFingerprint(evaluation),
    scheduled: present(
      Object.fromEntries(own.map(({ name, value }) => [name, valuesFingerprint(value)])),
    ) as Record<string, string>,
  }
}
