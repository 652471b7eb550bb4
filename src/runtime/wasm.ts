import * as ort from 'onnxruntime-web/wasm'
import { type Backend, type HostTensor, wrap } from './session.ts'

ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

/** WebAssembly, in Node and in browsers: no native binary, one thread. */
export const wasm: Backend = {
  loops: true,
  sharesMemory: false,
  blockSize: async () => 1,
  async open(model, { exact }) {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 3,
    })
    return wrap(session, tensor)
  },
}

// A copy of the bytes goes into WebAssembly's memory; pre-allocated outputs are not written, so none are given.
const tensor = ({ dtype, data, shape }: HostTensor): ort.Tensor => new ort.Tensor(dtype, data as never, shape)
