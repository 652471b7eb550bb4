import type { Finished } from '../analysis/findings.ts'
import type { Pool } from '../run/pool.ts'
import { runFolder } from '../run/run-trial.ts'
import type { Trial } from '../trial.ts'
import { settingsOf } from '../trial-settings.ts'
import type { Runner } from './runner.ts'

/** Returns a function that runs trials in a process pool, up to `workers` at once, each in its own folder. */
export const pooled = (pool: Pool, folder: string, workers: number): Runner =>
  async function* (experiment, trials) {
    const run = (trial: Trial): Promise<Finished> => {
      const settings = settingsOf(experiment, trial, { metric: experiment.monitor, watch: false })
      const job = { trial, folder: runFolder(folder, trial), settings, watch: false }
      const finished = pool.run(job).then((result) => ({ ...trial, result }))
      finished.catch(() => {}) // whoever awaits it gets the error
      return finished
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
