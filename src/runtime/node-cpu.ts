import * as ort from 'onnxruntime-node'
import type { Data, DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

/** Numbers on their way into a graph. */
export interface Value {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/** A compiled graph that can be run. */
export interface Session {
  run(feeds: ReadonlyMap<string, Value>): Promise<ReadonlyMap<string, Data>>
}

/**
 * Compile an ONNX model for the CPU of this Node process.
 *
 * @param model the bytes of a model file
 * @param options.threads how many threads one operator may use
 * @param options.exact leave out rewrites that round: ONNX Runtime moves constant factors into float32 attributes,
 *   which in a float64 graph costs half of the digits
 */
export async function openSession(
  model: Uint8Array,
  { threads, exact }: { readonly threads: number; readonly exact: boolean },
): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: exact ? 'basic' : 'all',
    logSeverityLevel: 3,
  })
  const needed = new Set(session.inputNames)
  return {
    run: async (feeds) => {
      const tensors = [...feeds]
        .filter(([name]) => needed.has(name))
        .map(([name, value]) => [name, tensor(value)])
      const results = await session.run(Object.fromEntries(tensors))
      return new Map(Object.entries(results).map(([name, result]) => [name, result.data as Data]))
    },
  }
}

const tensor = ({ dtype, data, shape }: Value): ort.Tensor => new ort.Tensor(dtype, data as never, shape)
