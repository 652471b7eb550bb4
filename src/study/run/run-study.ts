import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Finished } from '../analysis/findings.ts'
import { trialKey } from '../design/design.ts'
import { lengthOf, plan } from '../design/plan.ts'
import type { Trial } from '../trial.ts'
import { Database } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { Pool } from './pool.ts'
import type { Prepared } from './prepared.ts'

/** What happened in a study. */
export type StudyEvent =
  /** Trials may run. `finished` are in the folder already; `done` of those that the study has are among them. */
  | {
      readonly type: 'start'
      readonly finished: readonly Finished[]
      readonly done: number
      readonly total: number
    }
  | { readonly type: 'trial'; readonly finished: Finished; readonly done: number; readonly total: number }
  | { readonly type: 'end'; readonly finished: readonly Finished[] }

export interface RunStudyOptions {
  readonly folder: string
  /** How many trials run at a time. */
  readonly workers: number
  /** Starts a worker. */
  readonly start: () => ChildProcess
  /** Asks to stop at once, with trials under way. */
  readonly signal?: AbortSignal
}

/**
 * Run the trials of a study, going on with those that its folder has.
 *
 * Yields each trial when it is over and in the database, and `end` unless it was asked to stop. When it is left or
 * stopped, workers are ended, and what they were doing is done again the next time.
 *
 * @throws {ArgumentError} when the folder has another study, or one that is running.
 */
export async function* runStudy(
  prepared: Prepared,
  { folder, workers, start, signal }: RunStudyOptions,
): AsyncGenerator<StudyEvent> {
  mkdirSync(folder, { recursive: true })
  const lock = lockFolder(folder, 'study')
  let database: Database | undefined
  const pool = new Pool(start)
  try {
    database = new Database(folder)
    database.describe(prepared.describe(), folder)
    yield* trials(prepared, database, pool, { folder, workers, signal })
  } finally {
    await pool.close()
    database?.close()
    lock.release()
  }
}

async function* trials(
  { study, space, settingsOf }: Prepared,
  database: Database,
  pool: Pool,
  {
    folder,
    workers,
    signal,
  }: Omit<RunStudyOptions, 'start' | 'signal'> & { signal: AbortSignal | undefined },
): AsyncGenerator<StudyEvent> {
  const finished = new Map(database.finished().map((one) => [trialKey(one), one]))
  const running = new Map<string, Promise<Finished>>()
  const total = lengthOf(study.design, space)
  const stopped = stopping(signal)
  let waiting: Trial[] = []
  /** How many are over of the trials that the design asks for: a folder may have others. */
  let done = 0
  const ask = (): void => {
    const asked = database.ask(plan(study.design, space, [...finished.values()]))
    waiting = asked.filter((trial) => !finished.has(trialKey(trial)) && !running.has(trialKey(trial)))
    done = asked.length - waiting.length - running.size
  }
  const run = async (trial: Trial): Promise<Finished> => {
    const own = join(folder, 'trials', String(trial.id).padStart(4, '0'))
    const job = { trial, folder: own, settings: settingsOf(trial), watch: study.watch }
    return { ...trial, result: await pool.run(job) }
  }
  ask()
  yield { type: 'start', finished: [...finished.values()], done, total }
  while (waiting.length + running.size > 0) {
    for (const trial of waiting.splice(0, workers - running.size)) {
      const result = run(trial)
      result.catch(() => {}) // told to whoever waits for it
      running.set(trialKey(trial), result)
    }
    const next = await Promise.race([stopped, ...running.values()])
    if (next === undefined) return
    running.delete(trialKey(next))
    database.finish(next.id, next.result)
    finished.set(trialKey(next), next)
    done++
    if (waiting.length === 0) ask()
    yield { type: 'trial', finished: next, done, total }
  }
  yield { type: 'end', finished: [...finished.values()].sort((a, b) => a.id - b.id) }
}

/** Done when a signal is given. */
const stopping = (signal: AbortSignal | undefined): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined)
    signal?.addEventListener('abort', () => resolve(undefined), { once: true })
  })
