/** A hash that is computed piece by piece. */
export interface Hash {
  /** Adds a text (as UTF-8) or the bytes of an array, and returns this hash. */
  update(value: string | ArrayBufferView): Hash
  /** Returns the hash in hexadecimal digits; no more pieces may follow. */
  hex(): string
}

/**
 * A value that code can read during a call, in every function that the call leads to: in Node.js, asynchronous ones
 * included; in a browser, until the function first waits for something.
 */
export interface CallContext<T> {
  /** Runs `body`; during it, `getStore` returns `value`. */
  run<R>(value: T, body: () => R): R
  /** Returns the value of the innermost call of `run` that led to here; undefined outside of all. */
  getStore(): T | undefined
}

export interface InflateOptions {
  /** Maximum number of bytes that the data may expand to. */
  readonly most?: number
  /** Expected number of bytes that the data expand to. */
  readonly size?: number
  /** Whether the bytes are only the start of the compressed data. @default false */
  readonly isStart?: boolean
}
