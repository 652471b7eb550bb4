import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { Database } from './database.ts'
import { keyOf } from './design/design.ts'
import { lengthOf, plan } from './design/plan.ts'
import type { Finished } from './findings.ts'
import { type Lock, lockAlone } from './lock.ts'
import { Pool } from './pool.ts'
import type { Prepared } from './prepared.ts'
import type { Trial } from './trial.ts'

/** What happened in a study. */
export type StudyEvent =
  /** Trials may run: `done` of `total` are over already. */
  | { readonly type: 'start'; readonly done: number; readonly total: number }
  | { readonly type: 'trial'; readonly finished: Finished; readonly done: number; readonly total: number }
  | { readonly type: 'end'; readonly finished: readonly Finished[] }

export interface RunStudyOptions {
  readonly folder: string
  /** How many trials run at a time. */
  readonly workers: number
  /** Starts a worker. */
  readonly start: () => ChildProcess
}

/** What workers share while they live, so that those of a study that was killed can be waited for. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds that workers of a study that was killed may take to notice. */
const patience = 60_000

/**
 * Run the trials of a study, going on with those that its folder has.
 *
 * Yields each trial when it is over and in the database. To stop, leave the loop: workers are ended, and what they were
 * doing is done again the next time.
 *
 * @throws {ArgumentError} when the folder has another study, or one that is running.
 */
export async function* runStudy(
  prepared: Prepared,
  { folder, workers, start }: RunStudyOptions,
): AsyncGenerator<StudyEvent> {
  mkdirSync(folder, { recursive: true })
  const lock = lockFolder(folder)
  let database: Database | undefined
  const pool = new Pool(start)
  try {
    database = new Database(folder)
    database.describe(prepared.describe(), folder)
    yield* trials(prepared, database, pool, folder, workers)
  } finally {
    await pool.close()
    database?.close()
    lock.release()
  }
}

/** Have the folder alone: no other study runs in it, and no worker of one that was killed. */
function lockFolder(folder: string): Lock {
  const lock = lockAlone(join(folder, 'study.lock'))
  if (lock === undefined) {
    throw new ArgumentError(
      `${folder}: wanted a study that is not running, got one that is; wait, or stop it first`,
    )
  }
  const orphans = lockAlone(workersLock(folder), patience)
  if (orphans === undefined) {
    lock.release()
    throw new ArgumentError(
      `${folder}: wanted no workers of a study that was killed, got one that still runs; end it first`,
    )
  }
  orphans.release()
  return lock
}

async function* trials(
  { study, space, settingsOf }: Prepared,
  database: Database,
  pool: Pool,
  folder: string,
  workers: number,
): AsyncGenerator<StudyEvent> {
  const finished = new Map(database.finished().map((one) => [keyOf(one), one]))
  const total = lengthOf(study.design, space)
  /** How many are over that the design asks for now: a folder may have others. */
  let over = 0
  let waiting: Trial[] = []
  const running = new Map<string, Promise<Finished>>()
  const ask = (): void => {
    const asked = database.ask(plan(study.design, space, [...finished.values()]))
    over = asked.filter((trial) => finished.has(keyOf(trial))).length
    waiting = asked.filter((trial) => !finished.has(keyOf(trial)) && !running.has(keyOf(trial)))
  }
  const run = async (trial: Trial): Promise<Finished> => {
    const job = {
      trial,
      folder: join(folder, 'trials', String(trial.id).padStart(4, '0')),
      settings: settingsOf(trial),
      watch: study.watch,
    }
    return { ...trial, result: await pool.run(job) }
  }
  ask()
  yield { type: 'start', done: over, total }
  for (;;) {
    while (waiting.length > 0 && running.size < workers) {
      const trial = waiting.shift()!
      running.set(keyOf(trial), run(trial))
    }
    if (running.size === 0) break
    const done = await Promise.race(running.values())
    running.delete(keyOf(done))
    database.finish(done.id, done.result)
    finished.set(keyOf(done), done)
    over++
    if (waiting.length === 0) ask()
    yield { type: 'trial', finished: done, done: over, total }
  }
  yield { type: 'end', finished: [...finished.values()].sort((a, b) => a.id - b.id) }
}
