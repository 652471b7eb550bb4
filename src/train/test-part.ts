import type { AbortSignalLike } from '../core/abort.ts'
import { ArgumentError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import { sourceFingerprint } from '../data/fingerprint.ts'
import { isStream, type Source } from '../data/stream.ts'
import type { TestedWeights } from './event.ts'
import type { TestLine } from './event-log.ts'
import type { Experiment } from './experiment.ts'
import { withFiniteLoss } from './finite.ts'
import type { Task } from './task.ts'

/** Returns the experiment's test data. @throws {ArgumentError} when it has none. */
export function testDataOf(who: string, { data }: Experiment): Source {
  if (data.test !== undefined) return data.test
  const fix = 'split them with test, as in data.split(d, { validation: 0.1, test: 0.2 })'
  throw new ArgumentError(`${who}: wanted an experiment whose data have a test part, got none; ${fix}`)
}

interface ToTest {
  readonly task: Task
  /** Which weights the task has. */
  readonly weights: TestedWeights
  /** Number of steps that led to these weights. @default the task's */
  readonly step?: number
  readonly signal?: AbortSignalLike | undefined
  /** Measurements in the run's log: one of the same weights and data is returned instead of being repeated. */
  readonly known?: readonly TestLine[]
}

/**
 * Measures a task's model on the experiment's test data, with 95 % intervals.
 *
 * @throws {ArgumentError} when the experiment has no test data.
 * @throws {NotFiniteError} when the loss is NaN or infinite.
 */
export async function tested(
  who: string,
  experiment: Experiment,
  { task, weights, step = task.steps, signal, known = [] }: ToTest,
): Promise<TestLine> {
  const test = testDataOf(who, experiment)
  const data = sourceFingerprint(test)
  const before = known.find((one) => one.weights === weights && one.step === step && one.data === data)
  if (before) return before
  const { batchSize } = experiment
  const evaluated = await task.evaluate(test, present({ batchSize, signal, intervals: true }))
  const about = {
    weights,
    step,
    ...(!isStream(test) && { examples: test.length }),
    ...(known.length > 0 && { before: known.length }),
  }
  return { type: 'test', ...about, ...withFiniteLoss(who, evaluated), data }
}
