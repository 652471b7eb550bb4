import { join } from 'node:path'
import { DivergedError } from '../../train/diverged.ts'
import type { Experiment } from '../../train/experiment.ts'
import { override } from '../../train/spec.ts'
import { type EpochEvent, run } from '../../train/train.ts'
import type { Finished } from '../findings.ts'
import type { Pool } from '../pool.ts'
import { settingsOf } from '../settings.ts'
import type { Trial, TrialResult } from '../trial.ts'

/** Runs trials of an experiment, and yields each when it is over, in any order. */
export type Runner = (experiment: Experiment, trials: readonly Trial[]) => AsyncIterable<Finished>

/** One trial after another, in this process, of which nothing is kept. */
export const inProcess: Runner = async function* (experiment, trials) {
  for (const trial of trials) yield { ...trial, result: await resultOf(experiment, trial) }
}

/**
 * So many trials at a time in a pool of workers, each an ordinary run in a folder of its own.
 *
 * @param folder where the runs are kept
 */
export const pooled = (pool: Pool, folder: string, workers: number): Runner =>
  async function* (experiment, trials) {
    const run = async (trial: Trial): Promise<Finished> => {
      const settings = settingsOf(experiment, trial, { metric: experiment.monitor, watch: false })
      const own = join(folder, String(trial.id).padStart(4, '0'))
      return { ...trial, result: await pool.run({ trial, folder: own, settings, watch: false }) }
    }
    const waiting = [...trials]
    const running = new Map<number, Promise<Finished>>()
    while (waiting.length + running.size > 0) {
      for (const trial of waiting.splice(0, workers - running.size)) running.set(trial.id, run(trial))
      const next = await Promise.race(running.values())
      running.delete(next.id)
      yield next
    }
  }

async function resultOf(experiment: Experiment, trial: Trial): Promise<TrialResult> {
  const begun = performance.now()
  const configured = override(
    experiment,
    settingsOf(experiment, trial, { metric: experiment.monitor, watch: false }),
  )
  let last: EpochEvent | undefined
  let error: DivergedError | undefined
  try {
    for await (const event of run(configured)) if (event.type === 'epoch') last = event
  } catch (thrown) {
    if (!(thrown instanceof DivergedError)) throw thrown
    error = thrown
  }
  const seconds = (performance.now() - begun) / 1e3
  return {
    status: error ? 'diverged' : 'done',
    ...(error && { error: error.message }),
    metrics: error ? {} : numbersOf(last!),
    steps: error?.step ?? trial.steps,
    time: { training: seconds, total: seconds },
    curve: { steps: [], trainLoss: [], lr: [] },
  }
}

/** What a trial is judged by: the numbers of its last evaluation. */
function numbersOf({
  trainLoss,
  validationLoss,
  validationAccuracy,
  metrics,
}: EpochEvent): Record<string, number> {
  const own = { trainLoss, validationLoss, validationAccuracy, ...metrics }
  return Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  )
}
