import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

/** Numbers on their way into a graph. */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/** A compiled graph that can be run. */
export interface Session {
  run(feeds: ReadonlyMap<string, HostTensor>): Promise<ReadonlyMap<string, Data>>
}

export interface SessionOptions {
  /** How many threads one operator may use. */
  readonly threads: number
  /**
   * Leave out rewrites that round: ONNX Runtime moves constant factors into float32 attributes, which in a float64
   * graph costs half of the digits.
   */
  readonly exact: boolean
}

/** Where graphs run. */
export interface Backend {
  /** Whether it has a kernel for `Loop`: K steps a call. */
  readonly loops: boolean
  /** Whether it reads the caller's arrays where they are, so that feeding a large one costs nothing. */
  readonly sharesMemory: boolean
  /** How many channels its convolutions take side by side; 1 where it has no kernels for that. */
  blockSize(): Promise<number>
  /** Compile the bytes of an ONNX model. */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

/** What the ONNX Runtime packages for Node and for the web have in common. */
export interface OrtSession {
  readonly inputNames: readonly string[]
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: unknown }>>
}

/** A session of ONNX Runtime as ours. `tensor` wraps an array without copying it. */
export function wrap(session: OrtSession, tensor: (value: HostTensor) => unknown): Session {
  const needed = new Set(session.inputNames)
  return {
    async run(feeds) {
      const given = [...feeds].filter(([name]) => needed.has(name))
      const results = await session.run(
        Object.fromEntries(given.map(([name, value]) => [name, tensor(value)])),
      )
      return new Map(Object.entries(results).map(([name, { data }]) => [name, data as Data]))
    },
  }
}
