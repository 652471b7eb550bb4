import { Worker } from 'node:worker_threads'
import { ArgumentError, EvenstepError, FormatError } from '../core/errors.ts'
import { checkFields, mismatch } from '../core/mismatch.ts'
import { custom, integer, type OptionsOf, readOptions } from '../core/options.ts'
import { isSource, packageFolder } from '../package-folder.ts'
import type { Batch } from './batch.ts'
import { type FieldSpec, namesOf } from './dataset.ts'
import { examplesFingerprint } from './fingerprint.ts'
import type { Loader } from './loader.ts'
import type { Stream } from './stream.ts'

export type ToThread =
  | { readonly type: 'read'; readonly id: number; readonly epoch: number }
  | { readonly type: 'more' }
  | { readonly type: 'stop' }

export type FromThread =
  | { readonly type: 'spec'; readonly spec: Omit<Stream, 'read'> }
  | { readonly type: 'batch'; readonly id: number; readonly batch: Batch }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'failed'; readonly name: string; readonly message: string }

const threadOptions = {
  /** Argument to pass to the module's function: a value that `structuredClone` can copy. */
  options: custom<unknown>('anything', () => true),
  /** Maximum number of batches that the thread reads ahead of their use. @default 4 */
  ahead: integer({ min: 1, limit: 1024 }, 4),
}

export interface ThreadedOptions extends OptionsOf<typeof threadOptions> {}

/** A stream that a worker thread reads. The thread lives until `close` is called or the process ends. */
export interface ThreadedStream extends Stream {
  close(): Promise<void>
}

/**
 * Returns a stream that a worker thread reads ahead while this thread trains. Examples and their order are
 * unchanged. Epochs must be read one after another, not concurrently.
 *
 * A thread is worthwhile if reading takes about as long as training, but not for data in memory without costly
 * transforms.
 *
 * @param module the URL of a module whose default export is a function that returns a stream
 * @throws any error that the module throws.
 * @example
 * // rows.js: export default ({ path }) => data.csvStream(path, { label: 'kind', classes: 3 })
 * const rows = await data.threaded(new URL('./rows.js', import.meta.url), { options: { path: 'big.csv' } })
 */
export async function threaded(
  module: { readonly href: string },
  given: ThreadedOptions = {},
): Promise<ThreadedStream> {
  const { options, ahead } = readOptions('threaded', threadOptions, given)
  if (typeof Object(module).href !== 'string') {
    throw mismatch('threaded', "the URL of a module, such as new URL('./rows.js', import.meta.url)", module)
  }
  const worker = new Worker(program, {
    workerData: { module: module.href, options, ahead },
    execArgv: isSource ? ['--import', 'jiti/register'] : [],
  })
  const inbox = new Inbox(worker)
  const close = async (): Promise<void> => void (await worker.terminate())
  try {
    const first = await inbox.next()
    worker.unref()
    if (first.type !== 'spec') throw new EvenstepError(`threaded: wanted a stream, got ${first.type}`)
    return { ...first.spec, read: reader(worker, inbox), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Returns a function that yields an epoch's batches from the thread, keeping the process alive meanwhile. */
function reader(worker: Worker, inbox: Inbox): (epoch: number) => AsyncGenerator<Batch> {
  const send = (message: ToThread): void => worker.postMessage(message)
  let latest = 0
  return async function* (epoch) {
    const id = ++latest
    worker.ref()
    send({ type: 'read', id, epoch })
    try {
      for (;;) {
        const message = await inbox.next()
        if (message.type === 'spec' || message.id !== id) continue // from an epoch whose reading was stopped
        if (message.type === 'end') return
        send({ type: 'more' })
        yield message.batch
      }
    } finally {
      send({ type: 'stop' })
      worker.unref()
    }
  }
}

/** Code of the worker thread. If it is TypeScript, Node.js 20 needs the loader jiti. */
const program = isSource
  ? new URL('src/data/thread-worker.ts', packageFolder)
  : new URL('dist/data/thread-worker.js', packageFolder)

/** Queue of the messages received from a worker thread. */
class Inbox {
  readonly #waiting: FromThread[] = []
  #wake: () => void = () => {}
  #ended = false

  constructor(worker: Worker) {
    const add = (message: FromThread): void => {
      this.#waiting.push(message)
      this.#wake()
    }
    worker.on('message', add)
    worker.on('error', ({ name, message }) => add({ type: 'failed', name, message }))
    worker.on('exit', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Waits for the next message, and returns it. @throws the thread's error, if the thread failed. */
  async next(): Promise<Exclude<FromThread, { type: 'failed' }>> {
    while (this.#waiting.length === 0) {
      if (this.#ended) throw new ArgumentError('threaded: wanted an open stream, got one that was closed')
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
    const message = this.#waiting.shift()!
    if (message.type === 'failed') throw asError(message)
    return message
  }
}

/** Recreates a thread's error from its name and message, since messages between threads lose its class. */
function asError({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'ArgumentError') return new ArgumentError(message)
  return name === 'FormatError' ? new FormatError(message) : new Error(message)
}

/** Makes a stream of a loader's batches, transformed and in the loader's order, to be read by `threaded`. */
export function loaderStream(loader: Loader): Stream {
  checkFields('loaderStream', 'a loader of a data set in memory', loader, 'dataset', 'batches')
  const { dataset, batches } = loader
  const spec = ({ shape, dtype }: FieldSpec): FieldSpec => ({ shape, dtype })
  return {
    ...namesOf(dataset),
    x: spec(dataset.x),
    y: spec(dataset.y),
    ...(dataset.weights && { weights: spec(dataset.weights) }),
    get fingerprint() {
      return examplesFingerprint(dataset) // lazily: it hashes every value
    },
    read: batches,
  }
}
