import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'

/** Values of one of a graph's inputs, with their element type and shape. */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/** A graph compiled for a device, ready to run. */
export interface Session {
  /** Runs the graph. Inputs and outputs are keyed by name. @throws {DeviceError} when the device fails. */
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
  /** The step that the graph computes, for devices that repeat steps themselves and keep their state. */
  readonly plan?: StepPlan
}

/** Names of a step's inputs and outputs, by what becomes of them when the step is repeated. */
export interface StepPlan {
  /** Whether a call takes K steps, `#count` of them: inputs that are neither variables nor fixed are stacked. */
  readonly loop: boolean
  /** Inputs with the same values in all K steps. */
  readonly fixed: ReadonlySet<string>
  /** Inputs that are variables. */
  readonly variables: ReadonlySet<string>
  /** Output with the next value of each variable that the step changes, by the variable's input. */
  readonly next: ReadonlyMap<string, string>
  /** Element types of all outputs. */
  readonly outputs: ReadonlyMap<string, DType>
}

/** An engine that compiles and runs graphs on a device. */
export interface Backend {
  /** Whether the device has a kernel for `Loop`. If not, its sessions repeat a step by themselves. */
  readonly loops: boolean
  /** Whether graphs compute on one thread, each on a number of its own, or all on as many as the first one. */
  readonly threads: 'one' | 'each' | 'shared'
  /** Whether a run reads the arrays it is given in place, without a copy. */
  readonly sharesMemory: boolean
  /** Returns how many channels form a block in blocked convolution kernels; 1 if there are no such kernels. */
  blockSize(): Promise<number>
  /** Rewrites a graph by operators that are faster on the device, if there are any. */
  readonly prefer?: (roots: readonly Tensor[]) => readonly Tensor[]
  /** Compiles a serialized ONNX model. @throws {DeviceError} when the device cannot. */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>
}

/** A tensor of ONNX Runtime, for Node or for the web. */
export interface OrtTensor {
  readonly data: unknown
  readonly dims: readonly number[]
  dispose(): void
}

/** A session of ONNX Runtime, for Node or for the web. */
export interface OrtSession {
  readonly inputNames: readonly string[]
  run(feeds: Record<string, unknown>, options?: RunOptions): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
}

interface RunOptions {
  readonly logSeverityLevel: 4
}

/** Returns run options by which errors are thrown, but not printed to stderr as well. The web engine adds fields to them. */
export const silent = (): RunOptions => ({ logSeverityLevel: 4 })

/** Returns a function that throws a device's error for what the engine threw. The code is loaded by the first error. */
export const failing =
  (call: 'compile' | 'step') =>
  async (cause: unknown): Promise<never> => {
    throw (await import('./failure.ts')).deviceError(call, cause)
  }

/** Tensor class of ONNX Runtime, for Node or for the web. */
export type OrtTensorClass = new (type: DType, data: never, dims: Shape) => OrtTensor

/** Wraps an ONNX Runtime session as a `Session`. @param Tensor class that wraps an array without a copy */
export function wrap(session: OrtSession, Tensor: OrtTensorClass): Session {
  const needed = new Set(session.inputNames)
  return {
    release: () => session.release(),
    async run(feeds) {
      const given = [...feeds]
        .filter(([name]) => needed.has(name))
        .map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data as never, shape)])
      const results = await session.run(Object.fromEntries(given), silent()).catch(failing('step'))
      return new Map(Object.entries(results).map(([name, { data }]) => [name, data as Data]))
    },
  }
}
