import type { ChildProcess } from 'node:child_process'
import { EvenstepError } from '../../core/errors.ts'
import type { TrialResult } from '../trial.ts'
import type { Job } from './run-trial.ts'

/** What a worker says: that it can begin, or never will; and what came of a trial. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'finished'; readonly result: TrialResult }

/** How often a trial is tried, when workers die of it. */
const tries = 3

/**
 * Processes that run trials, each one after another. A process is started when there is work for it, and stays.
 *
 * A trial whose worker dies is run by another, which goes on from its last checkpoint; after three of them it has failed.
 */
export class Pool {
  readonly #start: () => ChildProcess
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  #closed = false

  /** @param start starts a worker: a process that says `FromWorker` and is sent jobs */
  constructor(start: () => ChildProcess) {
    this.#start = start
  }

  /**
   * Have a trial run by a worker that is idle, or a new one.
   *
   * @throws {EvenstepError} when a worker cannot begin, or the pool is closed meanwhile.
   */
  async run(job: Job): Promise<TrialResult> {
    let how = ''
    for (let attempt = 0; attempt < tries; attempt++) {
      const worker = this.#idle.pop() ?? this.#begin()
      try {
        const result = await worker.run(job)
        this.#idle.push(worker)
        return result
      } catch (error) {
        if (this.#closed || !(error instanceof WorkerEnded)) throw error
        how = error.message
        if (attempt === tries - 1 && !worker.ready) {
          throw new EvenstepError(
            `study: wanted a worker that begins, got ${tries} that ended; the last ${how}`,
          )
        }
      }
    }
    return failed(`study: wanted a worker that finishes the trial, got ${tries} that ended; the last ${how}`)
  }

  /** End every worker, whatever it is doing, and wait for that. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((worker) => worker.end()))
  }

  #begin(): Worker {
    const worker = new Worker(this.#start(), () => {
      this.#all.delete(worker)
      this.#idle.splice(0, Infinity, ...this.#idle.filter((one) => one !== worker))
    })
    this.#all.add(worker)
    return worker
  }
}

const failed = (error: string): TrialResult => ({
  status: 'failed',
  error,
  metrics: {},
  steps: 0,
  time: { training: 0, total: 0 },
  curve: { steps: [], trainLoss: [], lr: [] },
})

/** A worker's process is over. */
class WorkerEnded extends EvenstepError {
  override readonly name = 'WorkerEnded'
}

class Worker {
  readonly #child: ChildProcess
  readonly #waiting: FromWorker[] = []
  #ready = false
  #how: string | undefined
  readonly #wakes: (() => void)[] = []

  /** @param ended is called when the process is over */
  constructor(child: ChildProcess, ended: () => void) {
    this.#child = child
    const over = (how: string): void => {
      this.#how ??= how
      ended()
      this.#wake()
    }
    child.on('message', (message: FromWorker) => {
      this.#waiting.push(message)
      this.#wake()
    })
    child.once('exit', (code, signal) => over(signal ? `was ended by ${signal}` : `gave ${code}`))
    child.on('error', ({ message }) => over(message))
  }

  /** @throws {WorkerEnded} when the process ends before the trial does. */
  async run(job: Job): Promise<TrialResult> {
    if (!this.#ready) {
      const first = await this.#next()
      if (first.type === 'refused') throw new EvenstepError(first.message)
      this.#ready = true
    }
    this.#child.send(job, () => {}) // when it cannot be sent, the process is over
    const message = await this.#next()
    if (message.type !== 'finished') throw new EvenstepError(`study: wanted a result, got ${message.type}`)
    return message.result
  }

  /** End the process, and wait for that. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    while (this.#how === undefined) await this.#change()
  }

  async #next(): Promise<FromWorker> {
    for (;;) {
      const message = this.#waiting.shift()
      if (message !== undefined) return message
      if (this.#how !== undefined) throw new WorkerEnded(this.#how)
      await this.#change()
    }
  }

  /** Whether trials are what it ends of, rather than its beginning. */
  get ready(): boolean {
    return this.#ready
  }

  #change(): Promise<void> {
    return new Promise((wake) => void this.#wakes.push(wake))
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake()
  }
}
