import type { AbortSignalLike } from '../../core/abort.ts'
import { present } from '../../core/options.ts'
import { DivergedError } from '../../train/diverged.ts'
import type { EpochEvent } from '../../train/event.ts'
import type { Experiment } from '../../train/experiment.ts'
import { withSettings } from '../../train/spec.ts'
import { run } from '../../train/train.ts'
import type { Finished } from '../analysis/findings.ts'
import { explosionOf } from '../run/explosion.ts'
import { metricsOf } from '../run/trial-log.ts'
import { noCurve, type Trial, type TrialResult } from '../trial.ts'
import { settingsOf } from '../trial-settings.ts'

/**
 * A function that runs trials of an experiment and yields each with its result as it ends, in any order. Once
 * `signal` is aborted, it may leave trials unfinished, since the caller no longer waits for them.
 */
export type Runner = (
  experiment: Experiment,
  trials: readonly Trial[],
  signal?: AbortSignalLike,
) => AsyncIterable<Finished>

/** A runner that runs one trial after another in this process, and writes no files. */
export const inProcess: Runner = async function* (experiment, trials, signal) {
  for (const trial of trials) yield { ...trial, result: await resultOf(experiment, trial, signal) }
}

async function resultOf(
  experiment: Experiment,
  trial: Trial,
  signal: AbortSignalLike | undefined,
): Promise<TrialResult> {
  const begun = performance.now()
  const settings = settingsOf(experiment, trial, { metric: experiment.monitor, watch: false })
  let last: EpochEvent | undefined
  const losses: number[] = []
  let error: DivergedError | undefined
  try {
    for await (const event of run(withSettings(experiment, settings), present({ signal }))) {
      if (event.type === 'epoch') last = event
      if (event.type === 'steps') losses.push(...Array.from(event.losses))
    }
  } catch (thrown) {
    if (!(thrown instanceof DivergedError)) throw thrown
    error = thrown
  }
  const message =
    error?.message ?? explosionOf(losses[0]!, [losses.at(-1), last?.trainLoss, last?.validationLoss])
  const seconds = (performance.now() - begun) / 1e3
  return {
    status: message === undefined ? 'done' : 'diverged',
    ...(message !== undefined && { error: message }),
    metrics: message === undefined ? metricsOf(last) : {},
    steps: error?.step ?? trial.steps,
    time: { training: seconds, total: seconds },
    curve: noCurve,
  }
}
