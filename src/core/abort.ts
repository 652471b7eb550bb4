import { custom, type Option } from './options.ts'

/**
 * An `AbortSignal`. The global type of that name comes with the types of the DOM or of Node.js, which not every
 * TypeScript project has.
 */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * Declares an option that is an abort signal. Every function that may take long has one, named `signal`, and throws
 * the signal's reason once it is aborted; what it has finished by then is kept, and what it has begun is undone.
 */
export const abortSignal = (): Option<AbortSignalLike, AbortSignalLike | undefined> =>
  custom<AbortSignalLike>('an AbortSignal', (value) => value instanceof AbortSignal)

type Values<T> = AsyncIterable<T> | Iterable<T>

/**
 * Yields the values of `values` until the signal is aborted.
 *
 * @throws the signal's reason: at once if a value of an async iterable is being awaited, otherwise before the
 *   next value
 */
export function untilAborted<T>(signal: AbortSignalLike | undefined, values: Generator<T>): Generator<T>
export function untilAborted<T>(signal: AbortSignalLike | undefined, values: Values<T>): Values<T>
export function untilAborted<T>(signal: AbortSignalLike | undefined, values: Values<T>): Values<T> {
  if (signal === undefined) return values
  return Symbol.asyncIterator in values ? whileAwaited(signal, values) : between(signal, values)
}

function* between<T>(signal: AbortSignalLike, values: Iterable<T>): Generator<T> {
  signal.throwIfAborted()
  for (const value of values) {
    yield value
    signal.throwIfAborted()
  }
}

async function* whileAwaited<T>(signal: AbortSignalLike, values: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await orAborted(signal, iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    const closed = iterator.return?.()
    // After an abort, the iterator may wait forever for its next value, and closes only after that.
    if (signal.aborted) closed?.catch(() => {})
    else await closed
  }
}

/** Awaits `promise`, and returns its value. @throws the signal's reason, at once, if the signal aborts first */
export async function orAborted<T>(signal: AbortSignalLike | undefined, promise: Promise<T>): Promise<T> {
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
    // Each wait removes its own listener, so that listeners do not accumulate in a long loop.
    signal.removeEventListener('abort', stop)
  }
}
