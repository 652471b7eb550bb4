import * as ort from 'onnxruntime-web/wasm'
import { deviceError } from './failure.ts'
import { type Backend, wrap } from './session.ts'

ort.env.wasm.numThreads = 1
ort.env.logLevel = 'fatal'

/** Backend on WebAssembly, for Node and browsers: no native binary, one thread; each run copies its inputs. */
export const wasm: Backend = {
  loops: true,
  threads: false,
  sharesMemory: false,
  blockSize: async () => 1,
  async open(model, { exact }) {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 4, // fatal: an error is thrown, not printed as well
    }).catch((error: unknown) => {
      throw deviceError('compile', error)
    })
    return wrap(session, ort.Tensor)
  },
}
