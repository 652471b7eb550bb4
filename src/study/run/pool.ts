import type { ChildProcess } from 'node:child_process'
import { MachineError } from '../../core/errors.ts'
import { integer, number, type OptionsOf, readOptions } from '../../core/options.ts'
import type { TrialResult } from '../trial.ts'
import type { Job } from './run-trial.ts'
import { type Limits, WorkerEnded, WorkerProcess } from './study-worker.ts'

const options = {
  /** Seconds without a heartbeat after which a worker process counts as hung, and is killed. @default 30 */
  silence: number({ above: 0 }, 30),
  /** Seconds that one attempt at a trial may take before its worker is killed. @default no limit */
  timeLimit: number({ above: 0, max: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY),
  /** Number of attempts to run a trial whose worker process exits before the trial is finished. @default 3 */
  tries: integer({ min: 1 }, 3),
}

/** Number of worker processes, at least, that may end before they are ready for a trial: none has begun one yet. */
const starts = 3

export interface WorkerPoolOptions extends OptionsOf<typeof options> {}

/** Error for a trial without a result, because its worker ended in each attempt; it runs again next time. */
export class LostTrialError extends MachineError {
  override readonly name = 'LostTrialError'
  /** How the last worker process ended, such as `was killed by SIGKILL (process 12)`. */
  readonly end: string

  constructor(message: string, end: string) {
    super(message)
    this.end = end
  }
}

/**
 * A pool of worker processes, each of which runs one trial at a time. If none is idle when a trial is to run, a new
 * worker is started, and then kept.
 *
 * If a worker exits or hangs during a trial, another worker resumes the trial from its last checkpoint; a trial gets
 * at most `tries` workers.
 */
export class Pool {
  readonly #start: () => ChildProcess
  readonly #limits: Limits
  readonly #tries: number
  readonly #idle = new Set<WorkerProcess>()
  readonly #all = new Set<WorkerProcess>()
  #closed = false

  /** @param start starts a worker: a process that receives `Job` messages and sends `FromWorker` messages */
  constructor(start: () => ChildProcess, given: WorkerPoolOptions = {}) {
    const { silence, timeLimit, tries } = readOptions('Pool', options, given)
    this.#start = start
    this.#tries = tries
    this.#limits = { silence, trial: timeLimit }
  }

  /**
   * Runs a trial in an idle worker process, or in a new one if none is idle.
   *
   * @throws {LostTrialError} when as many workers as it may get ended during the trial.
   * @throws {MachineError} when a worker cannot start, or the machine failed during the trial (such as a full disk).
   * @throws {EvenstepError} when a worker refuses to start, or the pool is closed during the call.
   */
  run(job: Job): Promise<TrialResult> {
    return this.#inWorker((worker) => worker.run(job), job.trial.id)
  }

  /** Waits until a worker process is ready for trials. @throws as `run` */
  begun(): Promise<void> {
    return this.#inWorker((worker) => worker.begun())
  }

  /** Calls `body` with an idle worker, and again with another one if that worker ends meanwhile. */
  async #inWorker<T>(body: (worker: WorkerProcess) => Promise<T>, trial?: number): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const worker = [...this.#idle].at(-1) ?? this.#begin()
      this.#idle.delete(worker)
      try {
        const result = await body(worker)
        this.#idle.add(worker)
        return result
      } catch (error) {
        if (!(error instanceof WorkerEnded) && !this.#closed) this.#idle.add(worker)
        if (this.#closed || !(error instanceof WorkerEnded)) throw error
        if (attempt < (worker.ready ? this.#tries : Math.max(starts, this.#tries))) continue
        const end = `got ${attempt} that ended; the last ${error.message}`
        if (!worker.ready) throw new MachineError(`study: wanted a worker process to start, ${end}`)
        const fix = 'if memory ran out, use fewer workers, then repeat'
        const wanted = `trial ${trial}: wanted a worker process to finish it`
        throw new LostTrialError(`${wanted}, ${end}; ${fix}`, error.message)
      }
    }
  }

  /** Kills every worker process, busy or idle, and waits until all have exited. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((worker) => worker.end()))
  }

  #begin(): WorkerProcess {
    const worker = new WorkerProcess(this.#start(), this.#limits)
    this.#all.add(worker)
    void worker.ended.then(() => this.#all.delete(worker) && this.#idle.delete(worker))
    return worker
  }
}
