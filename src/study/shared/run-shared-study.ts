import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { AbortSignalLike } from '../../core/abort.ts'
import { ArgumentError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { readInside, refuseLinks } from '../../disk/inside.ts'
import type { Finished } from '../analysis/findings.ts'
import { trialKey } from '../design/design.ts'
import { plan, trialCount } from '../design/plan.ts'
import { lockFolder } from '../run/lock.ts'
import type { Prepared } from '../run/prepared.ts'
import type { StudyEvent } from '../run/run-study.ts'
import { runFolder } from '../run/run-trial.ts'
import { trialFile } from '../run/trial-file.ts'
import { noCurve } from '../trial.ts'
import type { Connection } from './connection.ts'
import { type Planned, SharedStudy } from './shared-study.ts'
import { unpackFiles } from './trial-files.ts'

export interface RunSharedStudyOptions {
  readonly folder: string
  readonly planned: Omit<Planned, 'description'>
  /** Whether to run trials again that failed. @default false */
  readonly retryFailed?: boolean
  /** Abort signal that stops the planner; workers finish the trials that it has planned. */
  readonly signal?: AbortSignalLike
}

/** Milliseconds between two looks whether workers have finished trials. */
const pause = 200

/**
 * Plans the trials of a study in PostgreSQL, waits until workers have finished them, and writes the files that they send
 * into the study's folder.
 *
 * Yields the events of `runStudy`. In all of them but the last, results have no curves: so thousands of trials need
 * little memory.
 *
 * @throws {ArgumentError} when the database has another study of this name, or the folder has a study of its own.
 * @throws {MachineError} when the server does not answer for minutes, or the folder cannot be written.
 * @throws {DamagedError} when a result or a file in the database is damaged.
 * @throws the reason of `options.signal`, once it is aborted.
 */
export async function* runSharedStudy(
  prepared: Prepared,
  connection: Connection,
  options: RunSharedStudyOptions,
): AsyncGenerator<StudyEvent> {
  const { folder, planned } = options
  mkdirSync(folder, { recursive: true })
  refuseLinks(folder)
  if (existsSync(join(folder, 'study.db'))) {
    const got = 'study.db, which holds the trials of one without --database'
    throw new ArgumentError(
      `${folder}: wanted a folder without a study of its own, got ${got}; choose another with --out`,
    )
  }
  const lock = lockFolder(folder, 'study')
  try {
    const shared = await SharedStudy.begin(connection, { ...planned, description: prepared.describe() })
    if (options.retryFailed) await shared.forgetFailed()
    yield* events(new Planner(prepared, shared, join(folder, 'trials')), options.signal)
  } finally {
    lock.release()
  }
}

async function* events(planner: Planner, signal: AbortSignalLike | undefined): AsyncGenerator<StudyEvent> {
  for await (const _ of planner.news());
  await planner.plan()
  yield { type: 'start', finished: [...planner.finished.values()], ...planner.progress }
  while (planner.open > 0) {
    signal?.throwIfAborted()
    let isNew = false
    for await (const finished of planner.news()) {
      signal?.throwIfAborted()
      isNew = true
      yield { type: 'trial', finished, ...planner.progress }
    }
    if (isNew) await planner.planMore()
    else {
      await planner.giveUp()
      await setTimeout(pause)
    }
  }
  yield { type: 'end', finished: await planner.all() }
}

/** What a planner knows of its study's trials. */
class Planner {
  readonly #prepared: Prepared
  readonly #shared: SharedStudy
  readonly #trials: string
  readonly #ids = new Set<number>()
  /** All trials up to this id are finished: with 100,000 of them, reading all ids at each look would take most time. */
  #below = 0
  /** Keys of the trials that the design requests so far. */
  #asked: ReadonlySet<string> = new Set()
  #total: number
  /** Finished trials by `trialKey`, without curves. */
  readonly finished = new Map<string, Finished>()
  /** Number of trials that the design requests so far and that are not finished. */
  open = 0

  /** @param trials folder of the folders of trials */
  constructor(prepared: Prepared, shared: SharedStudy, trials: string) {
    this.#prepared = prepared
    this.#shared = shared
    this.#trials = trials
    this.#total = trialCount(prepared.study.design, prepared.space)
  }

  get progress(): { readonly done: number; readonly total: number } {
    return { done: this.#asked.size - this.open, total: this.#total }
  }

  /** Adds the trials that the design requests, given those that are finished. */
  async plan(): Promise<void> {
    const { study, space, settingsOf } = this.#prepared
    const asked = plan(study.design, space, [...this.finished.values()])
    this.#asked = new Set(await this.#shared.ask(asked, settingsOf))
    this.#total = Math.max(this.#total, asked.length)
    this.open = [...this.#asked].filter((key) => !this.finished.has(key)).length
  }

  /** Plans again if the design may request further trials now. */
  async planMore(): Promise<void> {
    if (this.open === 0 || this.#asked.size < this.#total) await this.plan()
  }

  /** Yields the trials that were finished since the last call, once their files are in the folder. */
  async *news(): AsyncGenerator<Finished> {
    const fresh = (await this.#shared.finishedIds(this.#below)).filter((id) => !this.#ids.has(id))
    for await (const one of this.#shared.finished(fresh)) {
      await this.#store(one)
      const [key, slim] = [trialKey(one), withoutCurves(one)]
      this.#ids.add(one.id)
      this.finished.set(key, slim)
      if (this.#asked.has(key)) this.open--
      yield slim
    }
    while (this.#ids.has(this.#below + 1)) this.#below++
  }

  giveUp(): Promise<void> {
    return this.#shared.giveUp()
  }

  /** Returns all finished trials, with their curves. */
  async all(): Promise<Finished[]> {
    const all: Finished[] = []
    for await (const one of this.#shared.finished(await this.#shared.finishedIds())) all.push(one)
    return all
  }

  /** Writes the files that a worker sent of a trial into its folder, unless they are there. */
  async #store(trial: Finished): Promise<void> {
    const folder = runFolder(this.#trials, trial)
    const before = Object(jsonIn(readInside(trialFile(folder)) ?? '')) as Record<string, unknown>
    if (JSON.stringify(before.result) === JSON.stringify(trial.result)) return
    const files = await this.#shared.files(trial.id)
    if (files.length > 0) unpackFiles(folder, files, folder)
  }
}

const withoutCurves = ({ result, ...trial }: Finished): Finished => {
  const { curve, layers, ...rest } = result
  return { ...trial, result: { ...rest, curve: noCurve } }
}
