import * as ort from 'onnxruntime-web/webgpu'
import { ArgumentError } from '../core/errors.ts'
import { deviceError } from './failure.ts'
import { type Backend, wrap } from './session.ts'

declare const navigator: object

ort.env.logLevel = 'fatal'

/** Backend on a GPU, through WebGPU in a browser. Operators without a WebGPU kernel run on the CPU. */
export const webWebgpu: Backend = {
  loops: false, // there is no WebGPU kernel for Loop
  threads: false,
  sharesMemory: false,
  blockSize: async () => 1,
  async open(model, { exact }) {
    if (!('gpu' in navigator))
      throw new ArgumentError("device: wanted webgpu, got a browser without it; use device 'wasm'")
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['webgpu', 'wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 4,
    }).catch((error: unknown) => {
      throw deviceError('compile', error)
    })
    return wrap(session, ort.Tensor)
  },
}
