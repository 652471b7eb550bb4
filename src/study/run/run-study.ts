import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AbortSignalLike, orAborted } from '../../core/abort.ts'
import { refuseLinks } from '../../disk/inside.ts'
import type { Finished } from '../analysis/findings.ts'
import { trialKey } from '../design/design.ts'
import { plan, trialCount } from '../design/plan.ts'
import type { Trial } from '../trial.ts'
import { Database } from './database.ts'
import { lockFolder } from './lock.ts'
import { LostTrialError, Pool } from './pool.ts'
import type { Prepared } from './prepared.ts'
import { forgetFailed, runFolder } from './run-trial.ts'

/** An event of a running study; `done` of the `total` trials that its design requests are finished. */
export type StudyEvent =
  /** The study starts; `finished`: trials whose results are already in the study's folder. */
  | ({ readonly type: 'start'; readonly finished: readonly Finished[] } & Progress)
  /** A worker begins a trial, or resumes it. */
  | { readonly type: 'begin'; readonly trial: Trial }
  | ({ readonly type: 'trial'; readonly finished: Finished } & Progress)
  | { readonly type: 'end'; readonly finished: readonly Finished[] }

type Progress = { readonly done: number; readonly total: number }

export interface RunStudyOptions {
  readonly folder: string
  /** Maximum number of trials that run at the same time. */
  readonly workers: number
  /** Function that starts a worker process to run trials. */
  readonly start: () => ChildProcess
  /** Whether to run trials again that failed in an earlier call. @default false */
  readonly retryFailed?: boolean
  /** Seconds that one attempt at a trial may take before another worker resumes it. @default no limit */
  readonly timeLimit?: number
  /** Abort signal that stops the study at once, even in the middle of trials. */
  readonly signal?: AbortSignalLike
}

/**
 * Runs those trials of a study whose results are not yet in the study's folder.
 *
 * Yields an event for each trial when a worker begins it and once its result is in the database, and a final event
 * `end`. If the caller leaves the loop or aborts the signal, worker processes are killed, and unfinished trials run in
 * the next call.
 *
 * A fault of the machine, such as a full disk, is not stored as a trial's result: it ends the study, and the trials
 * affected run in the next call. If three workers end during the same trial, the study throws an error, but only after
 * all other trials.
 *
 * @throws {ArgumentError} when the folder has another study, or a running one.
 * @throws {MachineError} after a fault of the machine, such as a full disk or a dead worker.
 * @throws {DamagedError} when the study's database, or a file of a trial, is damaged.
 * @throws the reason of `options.signal`, once it is aborted; finished trials are kept.
 */
export async function* runStudy(prepared: Prepared, options: RunStudyOptions): AsyncGenerator<StudyEvent> {
  const { folder, start, timeLimit = Number.POSITIVE_INFINITY, retryFailed, signal } = options
  signal?.throwIfAborted()
  mkdirSync(folder, { recursive: true })
  refuseLinks(folder)
  const lock = lockFolder(folder, 'study')
  let database: Database | undefined
  const pool = new Pool(start, { timeLimit })
  try {
    database = new Database(folder)
    database.describe(prepared.describe(), folder)
    if (retryFailed) {
      forgetFailed(trialsOf(folder))
      database.forgetFailed()
    }
    yield* trials(prepared, database, pool, options)
  } finally {
    await pool.close()
    database?.close()
    lock.release()
  }
}

async function* trials(
  prepared: Prepared,
  database: Database,
  pool: Pool,
  { folder, workers, signal }: RunStudyOptions,
): AsyncGenerator<StudyEvent> {
  const { study, space } = prepared
  const finished = new Map(database.finished().map((one) => [trialKey(one), one]))
  const running = new Map<string, Promise<Finished | Lost>>()
  /** Trials without a result, because the worker ended in every attempt, by `trialKey`. */
  const lost = new Map<string, Lost>()
  let total = trialCount(study.design, space)
  /** Returns, of the trials that the design requests, the number of finished ones and the unfinished ones. */
  const open = (): readonly [done: number, open: Trial[]] => {
    const asked = database.ask(plan(study.design, space, [...finished.values()]))
    total = Math.max(total, asked.length)
    const left = without(finished, asked)
    return [asked.length - left.length, without(lost, without(running, left))]
  }
  let [done, waiting] = open()
  yield { type: 'start', finished: [...finished.values()], done, total }
  while (waiting.length + running.size > 0) {
    const begun = waiting.splice(0, workers - running.size)
    for (const trial of begun) running.set(trialKey(trial), runIn(pool, trial, prepared, folder))
    yield* begun.map((trial): StudyEvent => ({ type: 'begin', trial }))
    const next = await orAborted(signal, Promise.race(running.values()))
    running.delete(trialKey(next))
    if (!('lost' in next)) {
      database.finish(next.id, next.result)
      finished.set(trialKey(next), next)
      done++
    } else lost.set(trialKey(next), next)
    if (waiting.length === 0) [done, waiting] = open()
    if (!('lost' in next)) yield { type: 'trial', finished: next, done, total }
  }
  for (const { lost: error } of lost.values()) throw error
  yield { type: 'end', finished: inOrder(finished.values()) }
}

const inOrder = (trials: Iterable<Finished>): Finished[] => [...trials].sort((a, b) => a.id - b.id)

/** Returns the trials whose keys are not in `known`. */
const without = (known: ReadonlyMap<string, unknown>, trials: readonly Trial[]): Trial[] =>
  trials.filter((trial) => !known.has(trialKey(trial)))

/** A trial without a result, because the worker process ended in every attempt, and the error that says so. */
type Lost = Trial & { readonly lost: LostTrialError }

/** Runs a trial. @returns a promise of its result or, if every worker ended, of a `Lost`; rejects on any other error */
function runIn(
  pool: Pool,
  trial: Trial,
  { study, settingsOf }: Prepared,
  folder: string,
): Promise<Finished | Lost> {
  const own = runFolder(trialsOf(folder), trial)
  const result = pool.run({ trial, folder: own, settings: settingsOf(trial), watch: study.watch })
  const ended = result.then(
    (result): Finished => ({ ...trial, result }),
    (error): Lost => {
      if (error instanceof LostTrialError) return { ...trial, lost: error }
      throw error
    },
  )
  ended.catch(() => {}) // whoever awaits it gets the error
  return ended
}

const trialsOf = (folder: string): string => join(folder, 'trials')
