import * as ort from 'onnxruntime-web/wasm'
import { type Backend, wrap } from './session.ts'

ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

/** Backend on WebAssembly, for Node and browsers: no native binary, one thread; each run copies its inputs. */
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
    return wrap(session, ort.Tensor)
  },
}
