import type { ChildProcess } from 'node:child_process'
import { EvenstepError } from '../../core/errors.ts'
import type { TrialResult } from '../trial.ts'
import type { Job } from './run-trial.ts'

/** A worker's message: it is ready, it cannot start, or it has the result of a trial. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'finished'; readonly result: TrialResult }

/** Attempts at a trial whose workers die. */
const tries = 3

/**
 * Processes that run trials, one after another each. A process is started when there is work for it, and kept.
 *
 * A trial whose worker dies is run by another, which resumes from its last checkpoint; after three deaths it
 * has failed.
 */
export class Pool {
  readonly #start: () => ChildProcess
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  #closed = false

  /** @param start starts a worker: a process that sends `FromWorker` and receives jobs */
  constructor(start: () => ChildProcess) {
    this.#start = start
  }

  /**
   * Runs a trial in an idle worker, or a new one.
   *
   * @throws {EvenstepError} when a worker cannot start, or the pool is closed meanwhile.
   */
  async run(job: Job): Promise<TrialResult> {
    let end = ''
    for (let attempt = 0; attempt < tries; attempt++) {
      const worker = this.#idle.pop() ?? this.#begin()
      try {
        const result = await worker.run(job)
        this.#idle.push(worker)
        return result
      } catch (error) {
        if (this.#closed || !(error instanceof WorkerEnded)) throw error
        end = `got ${tries} that exited; the last ${error.message}`
        if (attempt === tries - 1 && !worker.ready) {
          throw new EvenstepError(`study: wanted a worker process to start, ${end}`)
        }
      }
    }
    return failed(`study: wanted a worker process to finish the trial, ${end}`)
  }

  /** Kills every worker, busy or not, and waits until all have exited. */
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

/** The worker's process has exited. */
class WorkerEnded extends EvenstepError {
  override readonly name = 'WorkerEnded'
}

class Worker {
  readonly #child: ChildProcess
  readonly #messages: FromWorker[] = []
  #ready = false
  /** How the process ended, once it has. */
  #end: string | undefined
  readonly #wakes: (() => void)[] = []

  /** @param ended is called when the process has exited */
  constructor(child: ChildProcess, ended: () => void) {
    this.#child = child
    const over = (how: string): void => {
      this.#end ??= how
      ended()
      this.#wake()
    }
    child.on('message', (message: FromWorker) => {
      this.#messages.push(message)
      this.#wake()
    })
    child.once('exit', (code, signal) => over(signal ? `was killed by ${signal}` : `with code ${code}`))
    child.on('error', ({ message }) => over(`with ${message}`))
  }

  /** @throws {WorkerEnded} when the process exits before the trial is over. */
  async run(job: Job): Promise<TrialResult> {
    if (!this.#ready) {
      const first = await this.#next()
      if (first.type === 'refused') throw new EvenstepError(first.message)
      this.#ready = true
    }
    this.#child.send(job, () => {}) // an error means that the process has exited, which #next notices
    const message = await this.#next()
    if (message.type !== 'finished') throw new EvenstepError(`study: wanted a result, got ${message.type}`)
    return message.result
  }

  /** Kills the process, and waits until it has exited. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    while (this.#end === undefined) await this.#change()
  }

  async #next(): Promise<FromWorker> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      if (this.#end !== undefined) throw new WorkerEnded(this.#end)
      await this.#change()
    }
  }

  /** Whether it finished starting up: if it dies now, a trial killed it. */
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
