import { Worker } from 'node:worker_threads'
import { ArgumentError, EvenstepError, FormatError } from '../core/errors.ts'
import type { Batch } from './batch.ts'
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

export interface ThreadedOptions {
  /** Handed to the module's function: anything that `structuredClone` copies. */
  readonly options?: unknown
  /** Batches that wait to be used, at most; 4 unless given. */
  readonly ahead?: number
}

/** A stream that a thread reads. The thread ends with the process, or when it is closed. */
export interface ThreadedStream extends Stream {
  close(): Promise<void>
}

/**
 * A stream that another thread reads ahead, while this one trains: the same numbers in the same order. One epoch
 * is read at a time.
 *
 * It pays where reading takes about as long as training. In memory, without costly transforms, it does not.
 *
 * @param module the URL of a module whose default export is a function that returns a stream
 * @throws what the module throws.
 * @example
 * // rows.js: export default ({ path }) => data.csvStream(path, { label: 'kind', classes: 3 })
 * const rows = await data.threaded(new URL('./rows.js', import.meta.url), { options: { path: 'big.csv' } })
 */
export async function threaded(
  module: URL,
  { options, ahead = 4 }: ThreadedOptions = {},
): Promise<ThreadedStream> {
  if (!Number.isInteger(ahead) || ahead < 1) {
    throw new ArgumentError(`threaded: wanted ahead as a positive integer, got ${ahead}`)
  }
  const worker = new Worker(program, {
    workerData: { module: module.href, options, ahead },
    execArgv: loader,
  })
  const inbox = new Inbox(worker)
  const tell = (message: ToThread): void => worker.postMessage(message)
  const close = async (): Promise<void> => void (await worker.terminate())
  let id = 0
  try {
    const first = await inbox.next()
    worker.unref()
    if (first.type !== 'spec') throw new EvenstepError(`threaded: wanted a stream, got ${first.type}`)
    const read = async function* (epoch: number): AsyncGenerator<Batch> {
      const mine = ++id
      worker.ref()
      tell({ type: 'read', id: mine, epoch })
      try {
        for (;;) {
          const message = await inbox.next()
          if (message.type === 'spec' || message.id !== mine) continue // left from an epoch that was stopped
          if (message.type === 'end') return
          tell({ type: 'more' })
          yield message.batch
        }
      } finally {
        tell({ type: 'stop' })
        worker.unref()
      }
    }
    return { ...first.spec, read, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Tests run the sources, which a thread of Node.js 20 cannot without help. */
const isSource: boolean = import.meta.url.endsWith('.ts')
const program: URL = new URL(`./thread-worker.${isSource ? 'ts' : 'js'}`, import.meta.url)
const loader: string[] = isSource ? ['--import', 'jiti/register'] : []

type Told = Exclude<FromThread, { type: 'failed' }>

/** Messages of a thread in their order. */
class Inbox {
  readonly #waiting: FromThread[] = []
  #wake: () => void = () => {}
  #over = false

  constructor(worker: Worker) {
    const add = (message: FromThread): void => {
      this.#waiting.push(message)
      this.#wake()
    }
    worker.on('message', add)
    worker.on('error', ({ name, message }) => add({ type: 'failed', name, message }))
    worker.on('exit', () => {
      this.#over = true
      this.#wake()
    })
  }

  async next(): Promise<Told> {
    while (this.#waiting.length === 0) {
      if (this.#over) throw new ArgumentError('threaded: wanted an open stream, got one that was closed')
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
    const message = this.#waiting.shift()!
    if (message.type === 'failed') throw asError(message)
    return message
  }
}

/** An error from its name and message: its class does not come through. */
function asError({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'ArgumentError') return new ArgumentError(message)
  return name === 'FormatError' ? new FormatError(message) : new Error(message)
}

/** The batches of a loader as a stream, with transforms and order as they are: for `threaded`. */
export function loaderStream({ dataset, batches }: Loader): Stream {
  const { length: _, x, y, ...names } = dataset
  const spec = ({ shape, dtype }: typeof x): Stream['x'] => ({ shape, dtype })
  return {
    ...names,
    x: spec(x),
    y: spec(y),
    get fingerprint() {
      return examplesFingerprint(dataset) // not before someone asks: it reads every number
    },
    read: batches,
  }
}
