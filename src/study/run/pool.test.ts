import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MachineError } from '../../core/errors.ts'
import { noCurve, type TrialResult } from '../trial.ts'
import { LostTrialError, Pool, type WorkerPoolOptions } from './pool.ts'
import type { Job } from './run-trial.ts'
import type { FromWorker } from './study-worker.ts'

const job: Job = {
  trial: { id: 7, settings: {}, seed: 0, steps: 1, rung: 0 },
  folder: 'f',
  settings: [],
  watch: false,
}
const result: TrialResult = {
  status: 'done',
  metrics: {},
  steps: 1,
  time: { training: 0, total: 0 },
  curve: noCurve,
}

/** A worker without a process: it is ready at once, and answers each job by `answer`. */
class FakeWorker extends EventEmitter {
  readonly stdio = [null, null, null, null, new EventEmitter()]
  readonly pid: number
  readonly #answer: (worker: FakeWorker) => void

  constructor(
    pid: number,
    answer: (worker: FakeWorker) => void,
    first: FromWorker | 'nothing' = { type: 'ready' },
  ) {
    super()
    this.pid = pid
    this.#answer = answer
    if (first !== 'nothing') queueMicrotask(() => this.say(first))
  }

  say(message: FromWorker): void {
    this.emit('message', message)
  }

  beat(): void {
    this.stdio[4]!.emit('data', '.')
  }

  send(): void {
    queueMicrotask(() => this.#answer(this))
  }

  kill(signal: string): void {
    queueMicrotask(() => this.emit('exit', null, signal))
  }
}

/** Returns a pool, whose nth worker answers jobs by `answers[n]`, and the list of workers that it has started. */
function poolOf(answers: readonly ((worker: FakeWorker) => void)[], options: WorkerPoolOptions = {}) {
  const started: FakeWorker[] = []
  const start = (): ChildProcess => {
    const worker = new FakeWorker(100 + started.length, answers[started.length]!)
    started.push(worker)
    return worker as never
  }
  return { pool: new Pool(start, options), started }
}

const finishes = (worker: FakeWorker): void => worker.say({ type: 'finished', result })
const dies = (worker: FakeWorker): void => void worker.emit('exit', null, 'SIGKILL')
const hangs = (): void => {}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a trial whose worker', () => {
  test('ends is resumed by another', async () => {
    const { pool, started } = poolOf([dies, dies, finishes])
    expect(await pool.run(job)).toBe(result)
    expect(started).toHaveLength(3)
  })

  test('ends three times is lost, and no result', async () => {
    const { pool } = poolOf([dies, dies, dies])
    await expect(pool.run(job)).rejects.toThrow(
      new LostTrialError(
        'trial 7: wanted a worker process to finish it, got 3 that ended; the last was killed by SIGKILL (process 102); ' +
          'if memory ran out, use fewer workers, then repeat',
        'was killed by SIGKILL (process 102)',
      ),
    )
  })

  test('meets a fault of the machine has no result', async () => {
    const { pool } = poolOf([(worker) => worker.say({ type: 'faulted', message: 'a: wanted b, got c' })])
    const error = await pool.run(job).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(MachineError)
    expect((error as Error).message).toBe('trial 7: a: wanted b, got c')
  })

  test('is silent for too long is resumed by another', async () => {
    const { pool, started } = poolOf([hangs, finishes], { silence: 5 })
    const running = pool.run(job)
    await vi.advanceTimersByTimeAsync(4000)
    started[0]!.beat()
    await vi.advanceTimersByTimeAsync(5000)
    expect(started).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toHaveLength(2)
    expect(await running).toBe(result)
  })

  test('is slower than the limit is resumed by another, up to three', async () => {
    const { pool, started } = poolOf([hangs, hangs, hangs], { timeLimit: 2 })
    const ended = pool.run(job).catch((error: Error) => error.message)
    for (let i = 0; i < 7; i++) {
      for (const worker of started) worker.beat()
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(await ended).toMatch(
      /the last was killed since it took longer than the limit of 2 s \(process 102\);/,
    )
  })
})

describe('a worker that cannot start', () => {
  const starting = async (first: FromWorker | 'nothing', then?: (worker: FakeWorker) => void) => {
    const start = (): ChildProcess => {
      const worker = new FakeWorker(1, hangs, first)
      if (then) queueMicrotask(() => then(worker))
      return worker as never
    }
    return new Pool(start).run(job).catch((error: unknown) => error)
  }

  test('is a slip of the user, or a fault of the machine', async () => {
    const refused = { type: 'refused', message: 'a: wanted b, got c' } as const
    expect(await starting({ ...refused, isFault: false })).toMatchObject({
      message: refused.message,
      exitCode: 2,
    })
    expect(await starting({ ...refused, isFault: true })).toMatchObject({
      message: refused.message,
      exitCode: 4,
    })
    expect(await starting('nothing', (worker) => worker.emit('exit', 9, null))).toMatchObject({
      message:
        'study: wanted a worker process to start, got 3 that ended; the last exited with code 9 (process 1)',
      exitCode: 4,
    })
  })

  test('is no attempt at a trial: another is started, even where a trial gets one attempt', async () => {
    let started = 0
    const start = (): ChildProcess => {
      const isFirst = ++started === 1
      const worker = new FakeWorker(started, finishes, isFirst ? 'nothing' : { type: 'ready' })
      if (isFirst) queueMicrotask(() => worker.emit('exit', null, 'SIGKILL'))
      return worker as never
    }
    expect(await new Pool(start, { tries: 1 }).run(job)).toEqual(result)
    expect(started).toBe(2)
  })
})
