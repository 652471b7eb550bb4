import type { ChildProcess } from 'node:child_process'
import { EvenstepError } from '../../core/errors.ts'
import { noCurve, type TrialResult } from '../trial.ts'
import type { Job } from './run-trial.ts'

/** A message from a worker process: it is ready for trials, could not start, or has finished a trial. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'finished'; readonly result: TrialResult }

/** Maximum number of attempts to run a trial whose worker process exits before the trial is finished. */
const tries = 3

/**
 * A pool of worker processes, each of which runs one trial at a time. If none is idle when a trial is to run, a
 * new worker is started, and then kept.
 *
 * If a worker exits during a trial, another one resumes the trial from its last checkpoint; after three such
 * exits the trial counts as failed.
 */
export class Pool {
  readonly #start: () => ChildProcess
  readonly #idle = new Set<Worker>()
  readonly #all = new Set<Worker>()
  #closed = false

  /** @param start starts a worker: a process that receives `Job` messages and sends `FromWorker` messages */
  constructor(start: () => ChildProcess) {
    this.#start = start
  }

  /**
   * Runs a trial in an idle worker process, or in a new one if none is idle.
   *
   * @throws {EvenstepError} when a worker cannot start, or the pool is closed meanwhile.
   */
  async run(job: Job): Promise<TrialResult> {
    let end = ''
    for (let attempt = 0; attempt < tries; attempt++) {
      const worker = [...this.#idle].at(-1) ?? this.#begin()
      this.#idle.delete(worker)
      try {
        const result = await worker.run(job)
        this.#idle.add(worker)
        return result
      } catch (error) {
        if (this.#closed || !(error instanceof WorkerEnded)) throw error
        end = `got ${tries} that exited; the last ${error.message}`
        if (attempt === tries - 1 && !worker.ready) {
          throw new EvenstepError(`study: wanted a worker process to start, ${end}`)
        }
      }
    }
    const error = `study: wanted a worker process to finish the trial, ${end}`
    const time = { training: 0, total: 0 }
    return { status: 'failed', error, metrics: {}, steps: 0, time, curve: noCurve }
  }

  /** Kills every worker process, busy or idle, and waits until all have exited. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((worker) => worker.end()))
  }

  #begin(): Worker {
    const worker = new Worker(this.#start())
    this.#all.add(worker)
    void worker.ended.then(() => this.#all.delete(worker) && this.#idle.delete(worker))
    return worker
  }
}

/** Thrown when a worker process exits while a message from it is awaited. */
class WorkerEnded extends EvenstepError {
  override readonly name = 'WorkerEnded'
}

class Worker {
  readonly #child: ChildProcess
  /** Resolves, once the process has exited, to a phrase on how it exited, such as `with code 1`. */
  readonly ended: Promise<string>
  /** Whether the process has finished starting: if it exits later, the trial that it runs is to blame. */
  ready = false

  constructor(child: ChildProcess) {
    this.#child = child
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `was killed by ${signal}` : `with code ${code}`))
      child.on('error', ({ message }) => resolve(`with ${message}`))
    })
  }

  /** Runs a trial in this process. @throws {WorkerEnded} when the process exits before the trial is over. */
  async run(job: Job): Promise<TrialResult> {
    if (!this.ready) {
      const first = await this.#next()
      if (first.type === 'refused') throw new EvenstepError(first.message)
      this.ready = true
    }
    this.#child.send(job, () => {}) // an error means that the process has exited, which #next notices
    const message = await this.#next()
    if (message.type !== 'finished') throw new EvenstepError(`study: wanted a result, got ${message.type}`)
    return message.result
  }

  /** Kills the process and waits until it has exited. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Resolves to the worker's next message: it sends one when it has started, and one after each trial. */
  async #next(): Promise<FromWorker> {
    const message = new Promise<FromWorker>((resolve) => this.#child.once('message', resolve))
    const first = await Promise.race([message, this.ended])
    if (typeof first === 'string') throw new WorkerEnded(first)
    return first
  }
}
