import type { ChildProcess } from 'node:child_process'
import { EvenstepError, MachineError } from '../../core/errors.ts'
import type { TrialResult } from '../trial.ts'
import { heartbeatPipe } from './heartbeat.ts'
import type { Job } from './run-trial.ts'

/**
 * A message from a worker process: it is ready for trials, it could not start, it has finished a trial, or it could
 * not finish one because of a fault of the machine, such as a full disk.
 */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string; readonly isFault: boolean }
  | { readonly type: 'finished'; readonly result: TrialResult }
  | { readonly type: 'faulted'; readonly message: string }

/** Time limits for a worker process: how long it may be silent, and how long a trial may take. */
export interface Limits {
  /** Seconds without a heartbeat after which a worker counts as hung, and is killed. */
  readonly silence: number
  /** Seconds that one attempt at a trial may take before its worker is killed. */
  readonly trial: number
}

/** Error thrown when a worker process exits while its parent waits for a message from it. */
export class WorkerEnded extends EvenstepError {
  override readonly name = 'WorkerEnded'
}

/** A worker process, which runs one trial at a time. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #limits: Limits
  /** Resolves, once the process has exited, to a phrase on how it exited, such as `exited with code 1`. */
  readonly ended: Promise<string>
  /** Whether the process has finished starting. If it exits after that, the trial it is running is to blame. */
  ready = false
  /** Why this process was killed (it hung, or its trial took too long), as a phrase; undefined if it was not. */
  #verdict: string | undefined
  /** Seconds since the last heartbeat, not counting time in which this (parent) process was itself suspended. */
  #silent = 0
  /** Seconds that the current attempt at a trial has taken so far. */
  #spent = 0

  constructor(child: ChildProcess, limits: Limits) {
    this.#child = child
    this.#limits = limits
    this.ended = new Promise((resolve) => {
      const how = (text: string): void => resolve(`${this.#verdict ?? text} (process ${child.pid})`)
      child.once('exit', (code, signal) =>
        how(signal ? `was killed by ${signal}` : `exited with code ${code}`),
      )
      child.on('error', ({ message }) => how(`failed with ${message}`))
    })
    child.stdio[heartbeatPipe]?.on('data', () => {
      this.#silent = 0
    })
  }

  /**
   * Runs a trial in this process.
   *
   * @throws {WorkerEnded} when the process exits before the trial is over, or is killed because it hangs.
   * @throws {MachineError} when a fault of the machine, such as a full disk, ended the trial.
   */
  run(job: Job): Promise<TrialResult> {
    return this.#watched(async () => {
      this.#child.send(job, () => {}) // an error means that the process has exited, which #next notices
      const message = await this.#next()
      if (message.type === 'finished') return message.result
      if (message.type === 'faulted') throw new MachineError(`trial ${job.trial.id}: ${message.message}`)
      throw new EvenstepError(`study: wanted a result, got ${message.type}`)
    })
  }

  /** Waits until this process is ready for trials. @throws as `run`; {EvenstepError} when it refuses to start */
  begun(): Promise<void> {
    return this.#watched(async () => {})
  }

  /** Calls `body` once the process is ready, and kills the process if it hangs meanwhile. */
  async #watched<T>(body: () => Promise<T>): Promise<T> {
    this.#silent = 0
    this.#spent = 0
    const watch = setInterval(() => this.#check(), 1000)
    try {
      if (!this.ready) await this.#start()
      this.#spent = 0
      return await body()
    } finally {
      clearInterval(watch)
    }
  }

  /** Kills the process and waits until it has exited. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async #start(): Promise<void> {
    const first = await this.#next()
    if (first.type === 'refused') throw new (first.isFault ? MachineError : EvenstepError)(first.message)
    this.ready = true
  }

  /** Kills the process if it sent no heartbeat for too long, or if its trial takes too long. Called every second. */
  #check(): void {
    this.#silent++
    if (this.ready) this.#spent++
    const { silence, trial } = this.#limits
    if (this.#silent > silence) this.#kill(`did not answer for ${silence} s`)
    else if (this.#spent >= trial) this.#kill(`took longer than the limit of ${trial} s`)
  }

  #kill(verdict: string): void {
    this.#verdict = `was killed since it ${verdict}`
    this.#child.kill('SIGKILL') // also ends a process that is stopped
  }

  /** Resolves to the worker's next message; a worker sends one when it has started, and one after each trial. */
  async #next(): Promise<FromWorker> {
    const message = new Promise<FromWorker>((resolve) => this.#child.once('message', resolve))
    const first = await Promise.race([message, this.ended])
    if (typeof first === 'string') throw new WorkerEnded(first)
    return first
  }
}
