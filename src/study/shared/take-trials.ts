import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { AbortSignalLike } from '../../core/abort.ts'
import { LostTrialError } from '../run/pool.ts'
import type { TrialResult } from '../trial.ts'
import { type Admitted, admit, type Terms } from './admission.ts'
import { packFiles } from './trial-files.ts'
import type { OpenStudy, Taken, TrialQueue } from './trial-queue.ts'

/** What a worker says while it runs trials. */
export type WorkerEvent =
  /** A trial ended; `counted`: its result was stored, and not one of another worker before. */
  | {
      readonly type: 'trial'
      readonly study: string
      readonly id: number
      readonly result: TrialResult
      readonly counted: boolean
    }
  /** This worker cannot run a study's trials, or could not run one of them, as a message. */
  | { readonly type: 'note'; readonly message: string }

export interface TakeTrialsOptions {
  /** Most trials at a time. */
  readonly concurrency: number
  /** Name of the only study whose trials to run. @default all studies */
  readonly study?: string
  /** An empty folder, for the files of trials that run. */
  readonly folder: string
  readonly terms: Omit<Terms, 'signal'>
  /** Seconds without a trial after which to end. */
  readonly idleLimit: number
  /** Milliseconds between two renewals of leases. */
  readonly renewal: number
  readonly signal: AbortSignalLike
  readonly event: (event: WorkerEvent) => void
}

/** Milliseconds to wait for new trials, at first and at most: a thousand idle workers must not keep a server busy. */
const pause = { first: 50, most: 2000 }

/**
 * Takes trials of studies in PostgreSQL and runs them, until the signal is aborted or there was none for a while. Trials
 * that run when it ends are given back.
 *
 * @throws {MachineError} after a fault of this machine, such as a full disk; trials that run are given back.
 */
export async function takeTrials(queue: TrialQueue, options: TakeTrialsOptions): Promise<void> {
  const worker = new TrialTaker(queue, options)
  const renewing = setInterval(() => void worker.renew(), options.renewal)
  try {
    await worker.work()
  } catch (error) {
    if (!options.signal.aborted || error !== options.signal.reason) throw error
  } finally {
    clearInterval(renewing)
    await worker.close()
  }
}

class TrialTaker {
  readonly #queue: TrialQueue
  readonly #options: TakeTrialsOptions
  /** By study and key: what runs its trials, or undefined where this worker cannot run them. */
  readonly #admitted = new Map<string, Admitted | undefined>()
  readonly #running = new Map<Taken, Promise<void>>()
  #failure: { readonly error: unknown } | undefined
  #isClosed = false

  constructor(queue: TrialQueue, options: TakeTrialsOptions) {
    this.#queue = queue
    this.#options = options
  }

  async work(): Promise<void> {
    const { concurrency, signal, idleLimit } = this.#options
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    let busy = performance.now()
    let wait = pause.first
    while (!signal.aborted) {
      const studies = await this.#studies()
      while (this.#running.size < concurrency && (await this.#takeOne(studies))) wait = pause.first
      if (this.#running.size > 0) busy = performance.now()
      else if (performance.now() - busy > 1e3 * idleLimit) return
      const isFull = this.#running.size === concurrency
      const timer = new AbortController()
      const later = isFull ? [] : [setTimeout(wait, undefined, { signal: timer.signal }).catch(() => {})]
      await Promise.race([stopped, ...this.#running.values(), ...later])
      timer.abort()
      if (this.#failure) throw this.#failure.error
      wait = Math.min(1.5 * wait, pause.most)
    }
  }

  async renew(): Promise<void> {
    await this.#guarded(this.#queue.renew([...this.#running.keys()]))
  }

  /** Ends all processes, and gives back the trials that they ran. */
  async close(): Promise<void> {
    this.#isClosed = true
    const taken = [...this.#running.keys()]
    await Promise.all([...this.#admitted.values()].map((one) => one?.pool.close()))
    await Promise.all(this.#running.values())
    await this.#queue.giveBack(taken).catch(() => {}) // without a server, their leases expire
  }

  /** Returns those studies with open trials that this worker can run, by id. */
  async #studies(): Promise<Map<number, readonly [OpenStudy, Admitted]>> {
    const found = new Map<number, readonly [OpenStudy, Admitted]>()
    const open = await this.#queue.openStudies()
    for (const study of open) {
      if (this.#options.study !== undefined && study.name !== this.#options.study) continue
      const key = keyOf(study)
      if (!this.#admitted.has(key)) {
        await this.#leave(open.map(keyOf))
        this.#admitted.set(key, await this.#admit(study))
      }
      const admitted = this.#admitted.get(key)
      if (admitted) found.set(study.id, [study, admitted])
    }
    return found
  }

  /** Ends the idle processes of studies other than those with the keys `open`: they make room for another study. */
  async #leave(open: readonly string[]): Promise<void> {
    const running = new Set([...this.#running.keys()].map(({ study }) => study))
    for (const [key, admitted] of this.#admitted) {
      if (open.includes(key) || running.has(Number.parseInt(key, 10))) continue
      this.#admitted.delete(key)
      await admitted?.pool.close()
    }
  }

  async #admit(study: OpenStudy): Promise<Admitted | undefined> {
    const work = await this.#queue.workOf(study)
    if (work === undefined) return undefined // changed meanwhile: the next look finds its new key
    const { folder: root, signal, terms } = this.#options
    const folder = mkdtempSync(join(root, 'study-'))
    const admitted = await admit(study, work, folder, { ...terms, signal })
    if (typeof admitted !== 'string') {
      mkdirSync(admitted.folder)
      return admitted
    }
    this.#options.event({ type: 'note', message: admitted })
    rmSync(folder, { recursive: true, force: true })
    return undefined
  }

  /** Takes a trial and starts to run it. @returns whether there was one */
  async #takeOne(studies: ReadonlyMap<number, readonly [OpenStudy, Admitted]>): Promise<boolean> {
    if (studies.size === 0 || this.#options.signal.aborted || this.#failure) return false
    const taken = await this.#queue.take([...studies.keys()])
    if (taken === undefined) return false
    const run = this.#run(taken, ...studies.get(taken.study)!)
    this.#running.set(
      taken,
      this.#guarded(run).finally(() => this.#isClosed || this.#running.delete(taken)),
    )
    return true
  }

  async #run(taken: Taken, { name }: OpenStudy, admitted: Admitted): Promise<void> {
    const { trial, attempt, changes } = taken
    const { pool, watch, models } = admitted
    const { event } = this.#options
    // Another attempt at the same trial may still run here, if its lease has expired.
    const folder = join(admitted.folder, `${trial.id}-${attempt}`)
    try {
      const result = await pool.run({ trial, folder, settings: changes, watch })
      const { files, left } = await packFiles(folder, models)
      const counted = await this.#queue.finish(taken, result, files)
      for (const file of left) event({ type: 'note', message: tooLarge(name, trial.id, file) })
      event({ type: 'trial', study: name, id: trial.id, result, counted })
    } catch (error) {
      if (!(error instanceof LostTrialError)) throw error
      await this.#queue.fault(taken, error.end)
      event({ type: 'note', message: `study ${name}: the process of trial ${trial.id} ${error.end}` })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Waits for a promise, and notes the first failure of any, which ends this worker. */
  async #guarded(promise: Promise<void>): Promise<void> {
    try {
      await promise
    } catch (error) {
      if (!this.#isClosed) this.#failure ??= { error }
    }
  }
}

const tooLarge = (study: string, trial: number, file: string): string =>
  `study ${study}: trial ${trial}: wanted files of up to 128 MiB, compressed, got a larger ${file}; it stays behind`

const keyOf = ({ id, key }: OpenStudy): string => `${id} ${key}`
