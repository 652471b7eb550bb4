import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { deviceError } from './failure.ts'

/** Values of one of a graph's inputs, with their element type and shape. */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/** A graph compiled for a device, ready to run. */
export interface Session {
  /** @throws {DeviceError} when the device fails. */
  run(feeds: ReadonlyMap<string, HostTensor>): Promise<ReadonlyMap<string, Data>>
  /** Frees the memory of the compiled graph, which must not run again. Absent if others use the session too. */
  release?(): Promise<void>
}

export interface SessionOptions {
  /** Maximum number of threads that compute one operator. */
  readonly threads: number
  /**
   * Whether to disable optimizations that round to float32: ONNX Runtime moves constant factors into float32
   * attributes, which costs float64 graphs half of their digits.
   */
  readonly exact: boolean
}

/** An engine that compiles and runs graphs on a device. */
export interface Backend {
  /** Whether the device has a kernel for `Loop`, which runs K steps in one call. */
  readonly loops: boolean
  /** Whether a graph may use several threads. */
  readonly threads: boolean
  /** Whether a run reads the arrays it is given in place, without a copy. */
  readonly sharesMemory: boolean
  /** Returns how many channels form a block in blocked convolution kernels; 1 if there are no such kernels. */
  blockSize(): Promise<number>
  /** Compiles a serialized ONNX model. @throws {DeviceError} when the device cannot. */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

/** A session of ONNX Runtime, for Node or for the web. */
interface OrtSession {
  readonly inputNames: readonly string[]
  run(
    feeds: Record<string, unknown>,
    options?: typeof silent,
  ): Promise<Record<string, { readonly data: unknown }>>
  release(): Promise<void>
}

/** Run options: errors are thrown, but not also printed to stderr. The web engine adds fields to them. */
const silent = { logSeverityLevel: 4 } as const

/** Tensor class of ONNX Runtime, for Node or for the web. */
type OrtTensor = new (type: DType, data: never, dims: Shape) => unknown

/** Wraps an ONNX Runtime session as a `Session`. @param Tensor class that wraps an array without a copy */
export function wrap(session: OrtSession, Tensor: OrtTensor): Session {
  const needed = new Set(session.inputNames)
  return {
    release: () => session.release(),
    async run(feeds) {
      const given = [...feeds]
        .filter(([name]) => needed.has(name))
        .map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data as never, shape)])
      const results = await session.run(Object.fromEntries(given), { ...silent }).catch((error: unknown) => {
        throw deviceError('step', error)
      })
      return new Map(Object.entries(results).map(([name, { data }]) => [name, data as Data]))
    },
  }
}
