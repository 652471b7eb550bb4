import { fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Outcome, Scale } from './claim.ts'
import { folder, keep, progressOf, versions } from './results.ts'

/** What a worker sends: the outcome, and whether it resumed an experiment that was stopped. */
interface Ended {
  readonly outcome: Outcome
  readonly resumed: boolean
  /** Whether the worker ended before its experiment did. */
  readonly died?: true
}

/** A claim's outcome, and how long it took. */
export interface Ran {
  readonly outcome: Outcome
  readonly seconds: number
}

/**
 * Runs a claim by a worker in its own process, and stores the result. A worker that dies is a failed check: what is
 * stored, of an earlier result and of its progress, stays.
 *
 * @param worker file of the worker, which receives the claim's id, the scale and the file of its progress
 * @param within folder of the results
 */
export async function runClaim(
  id: string,
  scale: Scale,
  worker: string,
  within: string = folder,
): Promise<Ran> {
  const began = performance.now()
  const progress = progressOf(scale, id, within)
  const { outcome, resumed, died } = await endOf(worker, [id, scale, progress])
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1))
  if (died) return { outcome, seconds }
  const result = {
    ...outcome,
    ...(!resumed && { seconds }),
    date: new Date().toISOString().slice(0, 10),
    versions: versions(cpus()[0]?.model.trim() ?? 'unknown'),
  }
  keep(scale, id, result, within)
  rmSync(progress, { force: true })
  return { outcome, seconds }
}

function endOf(worker: string, args: readonly string[]): Promise<Ended> {
  const jiti = join(createRequire(import.meta.url).resolve('jiti/package.json'), '../lib/jiti-cli.mjs')
  const child = fork(jiti, [worker, ...args], { execArgv: [] })
  return new Promise((resolve) => {
    child.once('message', (ended) => resolve(ended as Ended))
    child.once('exit', (code) =>
      resolve({
        outcome: { measured: [], checks: [{ what: `the experiment ended with code ${code}`, ok: false }] },
        resumed: false,
        died: true,
      }),
    )
  })
}
