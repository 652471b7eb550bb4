import * as ort from 'onnxruntime-web/wasm'
import { type Backend, failing, wrap } from './session.ts'
import { wasmActivations } from './wasm-activation.ts'
import { wasmFile } from './wasm-place.ts'

ort.env.logLevel = 'fatal'
Object.assign(ort.env.wasm, wasmFile('ort-wasm-simd-threaded.wasm'))

/** Whether WebAssembly may have several threads: in pages that are isolated from other origins. */
const isIsolated = Boolean((globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated)

/** Backend on WebAssembly, for Node and browsers: no native binary; each run copies its inputs. */
export const wasm: Backend = {
  loops: true,
  threads: isIsolated ? 'shared' : 'one',
  sharesMemory: false,
  blockSize: async () => 1,
  prefer: wasmActivations,
  async open(model, { threads, exact }) {
    ort.env.wasm.numThreads ||= isIsolated ? threads : 1 // read when the first session is made
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 4, // fatal: an error is thrown, not printed as well
    }).catch(failing('compile'))
    return wrap(session, ort.Tensor)
  },
}
