import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

/** Numbers to feed to a graph. */
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
  /** Most threads that one operator may use. */
  readonly threads: number
  /**
   * Whether to leave out rewrites that round: ONNX Runtime moves constant factors into float32 attributes,
   * which costs a float64 graph half of its digits.
   */
  readonly exact: boolean
}

/** A place where graphs run. */
export interface Backend {
  /** Whether it has a kernel for `Loop`, and so can run K steps in one call. */
  readonly loops: boolean
  /** Whether it reads the caller's arrays in place, so that feeding a large one costs nothing. */
  readonly sharesMemory: boolean
  /** Channels per block of its blocked convolution kernels; 1 if it has none. */
  blockSize(): Promise<number>
  /** Compiles the bytes of an ONNX model. */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

/** The part of a session that ONNX Runtime's packages for Node and for the web share. */
export interface OrtSession {
  readonly inputNames: readonly string[]
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: unknown }>>
}

/** The tensor class of either package. */
type OrtTensor = new (type: DType, data: never, dims: Shape) => unknown

/** A session of ONNX Runtime as ours. @param Tensor wraps an array without copying it */
export function wrap(session: OrtSession, Tensor: OrtTensor): Session {
  const needed = new Set(session.inputNames)
  return {
    async run(feeds) {
      const given = [...feeds]
        .filter(([name]) => needed.has(name))
        .map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data as never, shape)])
      const results = await session.run(Object.fromEntries(given))
      return new Map(Object.entries(results).map(([name, { data }]) => [name, data as Data]))
    },
  }
}
