import { custom, type Option } from './options.ts'

/**
 * An `AbortSignal`. The global type of that name comes with the types of the DOM or of Node.js, which not every
 * TypeScript project has.
 */
export interface Abortable {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Declares an option that is an abort signal. Whatever takes long has one, named `signal`. */
export const abortSignal = (): Option<Abortable, Abortable | undefined> =>
  custom<Abortable>('an AbortSignal', (value) => value instanceof AbortSignal)

type Values<T> = AsyncIterable<T> | Iterable<T>

/**
 * Passes on the values of `values` until the signal is aborted.
 *
 * @throws the signal's reason before the next value; at once, while a value of an async iterable is awaited
 */
export function untilAborted<T>(signal: Abortable | undefined, values: Generator<T>): Generator<T>
export function untilAborted<T>(signal: Abortable | undefined, values: Values<T>): Values<T>
export function untilAborted<T>(signal: Abortable | undefined, values: Values<T>): Values<T> {
  if (signal === undefined) return values
  return Symbol.asyncIterator in values ? whileAwaited(signal, values) : between(signal, values)
}

function* between<T>(signal: Abortable, values: Iterable<T>): Generator<T> {
  signal.throwIfAborted()
  for (const value of values) {
    yield value
    signal.throwIfAborted()
  }
}

async function* whileAwaited<T>(signal: Abortable, values: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await orAborted(signal, iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    const closed = iterator.return?.()
    // After an abort, the iterator may wait for its next value for ever, and closes only then.
    if (signal.aborted) closed?.catch(() => {})
    else await closed
  }
}

/** Resolves as `promise` does, unless the signal is aborted before. @throws the signal's reason then, at once */
export async function orAborted<T>(signal: Abortable | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise
  promise.catch(() => {}) // an error after the abort is not an unhandled rejection
  signal.throwIfAborted()
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([aborted, promise])
  } finally {
    // Each wait has a listener of its own, so that a long loop does not collect them.
    signal.removeEventListener('abort', stop)
  }
}
