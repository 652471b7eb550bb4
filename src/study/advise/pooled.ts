import { join } from 'node:path'
import type { Finished } from '../analysis/findings.ts'
import type { Pool } from '../run/pool.ts'
import { settingsOf } from '../settings.ts'
import type { Trial } from '../trial.ts'
import type { Runner } from './runner.ts'

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
