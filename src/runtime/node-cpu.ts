import * as ort from 'onnxruntime-node'
import { type Backend, type Value, wrap } from './session.ts'

/** The CPU of this Node process, by ONNX Runtime's native binary. */
export const backend: Backend = {
  loops: true,
  async open(model, { threads, exact }) {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 3,
    })
    return wrap(session, tensor)
  },
}

const tensor = ({ dtype, data, shape }: Value): ort.Tensor => new ort.Tensor(dtype, data as never, shape)
