import { type AbortSignalLike, abortSignal, orAborted } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { ArgumentError, MachineError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, custom, type OptionsOf, present, readOptions, text } from '../core/options.ts'
import type { NumberInput } from '../data/arrays.ts'
import type { TrainEvent } from './event.ts'
import {
  type Ask,
  listen,
  type MessagePortLike,
  onMessage,
  post,
  type Reply,
  received,
  type WorkerLike,
} from './worker-messages.ts'

const options = {
  /** Name of the experiment in the table that the worker serves. @default the only one */
  experiment: custom<string>('a name', (value) => typeof value === 'string'),
  /** Abort signal that stops the training; the loop over the events then throws its reason. */
  signal: abortSignal(),
  /** Whether to measure the final model on the test data; see `train.run`. @default false */
  test: boolean(false),
  /**
   * Folder in which the worker keeps the run with its checkpoints: in a browser, in the origin-private file system.
   * @default the run is not kept
   */
  folder: text(),
  /** Whether to resume the run in `folder` from its last checkpoint. @default false */
  resume: boolean(false),
}

export interface InWorkerOptions extends OptionsOf<typeof options> {}

/** A run in a worker: its events, in order, once. */
export interface WorkerRun extends AsyncIterable<TrainEvent> {
  /**
   * Stops the training before the next steps, and ends the loop over the events without an error. The model keeps the
   * weights of the last event.
   */
  stop(): Promise<void>
  /**
   * Continues the run, from its last event on, as the experiment that the worker makes of other settings: with the
   * weights and optimizer state that it has, at its step. The next event is another `start`.
   *
   * The model must have the same variables. A schedule, the weight decay or the number of steps may be others: as if
   * the run had been resumed after an edit. Not for a run that is kept in a folder.
   *
   * @param settings as those of `inWorker`
   * @throws {ArgumentError} when the run is kept or has ended, or the model's variables are others; the run continues
   *   with its old settings then.
   */
  change(settings: unknown): Promise<void>
  /**
   * Returns the model's output for each example, such as a score for each class, between two events.
   *
   * @param x the inputs of some examples, one after another, as the model takes them: normalized if the data are
   */
  predict(x: NumberInput): Promise<Data[]>
  /** Returns the weights for evaluation as the bytes of a safetensors file. */
  weights(): Promise<Uint8Array>
  /**
   * Returns the model as the bytes of an ONNX file. Its metadata have the names of features and classes, and tell how
   * the input was encoded and normalized, as those of the file that `train.open` exports.
   */
  onnx(): Promise<Uint8Array>
}

/**
 * Trains in a worker, so that a page or a server stays responsive, and returns the run's events.
 *
 * The worker's module calls `train.serve`. Training never runs ahead of the loop over the events, as with `train.run`:
 * the worker computes the next event when the loop asks for it, and leaving the loop stops the training. Predictions
 * and weights are those of the last event; while the next is computed, they wait for it. Several runs can share a
 * worker; `worker.terminate()` ends all. docs/browser.md shows both sides.
 *
 * @param worker a `Worker` of the browser or of `node:worker_threads`
 * @param settings what the worker's function makes the experiment of: values that `structuredClone` can copy
 * @throws the errors of the worker, with their text and class, where the run's result is awaited.
 * @throws {MachineError} in the same way, when the worker itself fails.
 */
export function inWorker(worker: WorkerLike, settings?: unknown, given: InWorkerOptions = {}): WorkerRun {
  const { signal, ...asked } = readOptions('inWorker', options, given)
  if (asked.resume && asked.folder === undefined)
    throw new ArgumentError('inWorker: wanted the folder of a run to resume, got none; pass folder')
  if (typeof Object(worker).postMessage !== 'function') throw mismatch('inWorker', 'a worker', worker)
  const { port1, port2 } = new (globalThis as unknown as Channels).MessageChannel()
  const line = new Line(port1)
  onFailure(worker, (error) => line.fail(error))
  try {
    post(worker, { evenstep: 'run', ...present(asked), settings, port: port2 }, [port2])
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ArgumentError(`inWorker: wanted settings that can be copied, got ${reason}`, { cause })
  }
  const events = eventsOf(line, signal)
  return {
    [Symbol.asyncIterator]: () => events,
    stop: () => line.ask('stop'),
    change: (settings) => line.ask('change', settings),
    predict: (x) => line.ask('predict', x),
    weights: () => line.ask('weights'),
    onnx: () => line.ask('onnx'),
  }
}

interface Channels {
  readonly MessageChannel: new () => { readonly port1: MessagePortLike; readonly port2: MessagePortLike }
}

async function* eventsOf(line: Line, signal: AbortSignalLike | undefined): AsyncGenerator<TrainEvent> {
  let isOver = false
  try {
    for (;;) {
      const event = await orAborted(signal, line.ask<TrainEvent | undefined>('next'))
      isOver = event === undefined
      if (event === undefined) return
      yield event
    }
  } finally {
    if (!isOver) await line.ask('stop').catch(() => {}) // the error that ended the loop matters more
  }
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** Questions to a worker, and its answers. */
class Line {
  readonly #port: MessagePortLike
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #failure: Error | undefined

  constructor(port: MessagePortLike) {
    this.#port = port
    onMessage<Reply>(port, (reply) => {
      const asked = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) port.unref?.()
      if ('failed' in reply) asked?.reject(received(reply.failed))
      else asked?.resolve(reply.value as never)
    })
    port.unref?.()
  }

  ask<T>(what: Ask['what'], x?: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) throw this.#failure
      const id = this.#count++
      post(this.#port, { id, what, x })
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      this.#port.ref?.()
    })
  }

  /** Rejects all questions, those to come as well. */
  fail(error: Error): void {
    this.#failure = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#port.unref?.()
  }
}

/** Calls `fail` when a worker throws an error that nothing catches, cannot be loaded, or ends. */
function onFailure(worker: WorkerLike, fail: (error: Error) => void): void {
  const failed = (what: unknown): void => {
    const { message } = Object(what) as { readonly message?: string }
    fail(
      new MachineError(`inWorker: wanted a worker that runs, got ${message || 'one that cannot be loaded'}`),
    )
  }
  listen(worker, 'error', failed)
  listen(worker, 'exit', () => failed({ message: 'one that ended' })) // only in Node.js
}
