import type { AbortSignalLike } from '../../core/abort.ts'
import { toData } from '../../core/dtype.ts'
import { EvenstepError } from '../../core/errors.ts'
import type { Progress } from '../progress.ts'
import type { Task } from '../task.ts'
import type { Communicator, Parallel } from './communicator.ts'
import { RankError } from './joined.ts'

/** All ranks of a run stop because another rank was asked to; its checkpoint can be resumed. */
export class StoppedTogether extends EvenstepError {
  override readonly name = 'StoppedTogether'

  constructor() {
    super('train: wanted to train on, got a request to stop on another rank; resume the run')
  }
}

/** What rank 0 tells the others of what it did alone. */
type Told<T> = { readonly value: T } | { readonly stopped: boolean }

/** Keeps the ranks of a run in step: they begin in one state, take as many steps a call, and stop after the same one. */
export class Together {
  /** Aborted on all ranks after the same call, once the signal of one of them is. */
  readonly signal: AbortSignalLike
  readonly #controller = new AbortController()
  readonly #own: AbortSignalLike | undefined
  readonly #communicator: Communicator
  readonly #every: number

  /** @param signal signal by which this rank is asked to stop */
  constructor({ communicator, averageEvery = 1 }: Parallel, signal: AbortSignalLike | undefined) {
    this.#communicator = communicator
    this.#every = averageEvery
    this.#own = signal
    this.signal = this.#controller.signal
  }

  /** Gives every rank the progress of rank 0, and the values of its variables. */
  async begin(task: Task, progress: Progress): Promise<Progress> {
    const begun = await this.first(async () => progress)
    for (const variable of [...task.variables.values(), ...task.optimizerState.values()]) {
      const { data, dtype } = variable
      const bytes = await this.#communicator.broadcast(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      )
      const copy = toData(dtype, data)
      new Uint8Array(copy.buffer).set(bytes)
      variable.data = copy
    }
    return begun
  }

  /** Returns the number of steps to take in a call that begins at `step`: about `steps`, up to the end of a round. */
  count(steps: number, step: number): number {
    return Math.ceil((step + steps) / this.#every) * this.#every - step
  }

  /** Ends a call that took a rank `ms` milliseconds. @returns how long it took rank 0, so that all choose the same pace */
  async afterCall(ms: number): Promise<number> {
    const told = Float64Array.of(this.#own?.aborted ? 1 : 0, this.#communicator.rank === 0 ? ms : 0)
    await this.#communicator.sum(told)
    if (told[0]! > 0) this.#stop()
    return told[1]!
  }

  #stop(): void {
    this.#controller.abort(this.#own?.aborted ? this.#own.reason : new StoppedTogether())
  }

  /**
   * Runs `body` on rank 0 only, and returns its result, which must be plain JSON, on all ranks.
   *
   * @throws what `body` throws, on rank 0. @throws {StoppedTogether} on the others, when rank 0 was asked to stop.
   * @throws {RankError} on the others, when `body` throws anything else.
   */
  async first<T>(body: () => Promise<T>): Promise<T> {
    if (this.#communicator.rank === 0) return this.#tell(body)
    const told = decoded<Told<T>>(await this.#communicator.broadcast(new Uint8Array()))
    if ('value' in told) return told.value
    if (told.stopped) throw new StoppedTogether()
    throw new RankError('rank 0')
  }

  async #tell<T>(body: () => Promise<T>): Promise<T> {
    const tell = (told: Told<T>): Promise<unknown> => this.#communicator.broadcast(encoded(told))
    try {
      const value = await body()
      await tell({ value })
      return value
    } catch (error) {
      await tell({ stopped: this.#own?.aborted === true && error === this.#own.reason })
      throw error
    }
  }
}

/** Encodes a value as JSON, in which numbers that are not finite are objects. */
const encoded = (value: unknown): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(value, (_, one) =>
      typeof one === 'number' && !Number.isFinite(one) ? { notFinite: String(one) } : one,
    ),
  )

const decoded = <T>(bytes: Uint8Array): T =>
  JSON.parse(new TextDecoder().decode(bytes), (_, one) =>
    typeof one?.notFinite === 'string' ? Number(one.notFinite) : one,
  ) as T
