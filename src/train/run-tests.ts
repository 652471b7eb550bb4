import type { ValuesOf } from '../core/options.ts'
import { sourceFingerprint } from '../data/fingerprint.ts'
import { loadBest } from './evaluation-weights.ts'
import type { TestedWeights, TrainEvent } from './event.ts'
import { readTests, type TestLine } from './event-log.ts'
import type { Experiment } from './experiment.ts'
import type { LogFile } from './log-file.ts'
import type { Progress } from './progress.ts'
import type { eventsOptions } from './run-folder-options.ts'
import { runPlaceOf } from './run-place.ts'
import { stepOfCheckpoint } from './saved.ts'
import type { Task } from './task.ts'
import { testDataOf, tested } from './test-part.ts'

/** Measures a run's model on test data, and keeps all such measurements in the run's log. */
export class RunTests {
  readonly #path: string
  readonly #experiment: Experiment
  readonly #asked: ValuesOf<typeof eventsOptions>
  /** Measurements made before this call, which resuming or lengthening the run would cut from the log. */
  readonly #known: readonly TestLine[]

  /** @throws {ArgumentError} when a measurement is asked for, and the experiment has no test data. */
  constructor(path: string, experiment: Experiment, asked: ValuesOf<typeof eventsOptions>) {
    this.#path = path
    this.#experiment = experiment
    this.#asked = asked
    if (asked.test) testDataOf('events', experiment)
    this.#known = readTests(path)
  }

  /** Writes measurements that were cut from the log again, so that it tells how often the test data were looked at. */
  keep(log: LogFile): void {
    if (this.#known.length === 0) return
    for (const line of this.#known.slice(readTests(this.#path).length)) log.write(`${JSON.stringify(line)}\n`)
  }

  /** Yields the measurement that was asked for, if one was, after logging it; all checkpoints must be on disk. */
  async *measure(log: LogFile, task: Task, progress: Progress): AsyncGenerator<TrainEvent> {
    const { test: weights, signal } = this.#asked
    if (weights === undefined) return
    const best = weights === 'best' ? await loadBest(this.#path, this.#experiment) : { task }
    const line = await tested(this.#path, this.#experiment, { ...best, weights, signal, known: this.#known })
    if (!this.#known.includes(line)) log.write(`${JSON.stringify(line)}\n`)
    yield { ...line, progress }
  }
}

/**
 * Whether the log of a finished run has a measurement of its final model, or of the checkpoint that is the best now, on
 * the experiment's test data.
 *
 * @param steps number of steps of the run
 */
export function isTested(
  path: string,
  experiment: Experiment,
  { weights, steps }: { readonly weights: TestedWeights; readonly steps: number },
): boolean {
  const known = readTests(path).filter((one) => one.weights === weights)
  if (known.length === 0) return false
  const at = weights === 'best' ? stepOfCheckpoint(runPlaceOf(path, 'best').checkpoint!) : steps
  const data = sourceFingerprint(testDataOf('train', experiment))
  return known.some((one) => one.step === at && one.data === data)
}
