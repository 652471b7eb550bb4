import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

/** Tensor to feed to a graph. */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/** A compiled graph. */
export interface Session {
  run(feeds: ReadonlyMap<string, HostTensor>): Promise<ReadonlyMap<string, Data>>
}

export interface SessionOptions {
  /** Maximum number of threads per operator. */
  readonly threads: number
  /**
   * Whether to disable optimizations that round to float32: ONNX Runtime moves constant factors into float32
   * attributes, which costs float64 graphs half of their digits.
   */
  readonly exact: boolean
}

/** A way to run graphs on a device. */
export interface Backend {
  /** Whether the device has a kernel for `Loop`, which runs K steps in one call. */
  readonly loops: boolean
  /** Whether sessions read the caller's arrays without a copy. */
  readonly sharesMemory: boolean
  /** Returns the number of channels per block of the blocked convolution kernels; 1 if there are none. */
  blockSize(): Promise<number>
  /** Compiles a serialized ONNX model. */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

/** A session of ONNX Runtime, for Node or for the web. */
interface OrtSession {
  readonly inputNames: readonly string[]
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: unknown }>>
}

/** Tensor class of ONNX Runtime, for Node or for the web. */
type OrtTensor = new (type: DType, data: never, dims: Shape) => unknown

/** Adapts a session of ONNX Runtime. @param Tensor wraps an array without a copy */
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
