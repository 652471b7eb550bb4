import * as ort from 'onnxruntime-web/webgpu'
import { ArgumentError } from '../core/errors.ts'
import { deviceError } from './failure.ts'
import { gpuBackend } from './gpu.ts'
import type { Backend } from './session.ts'

declare const navigator: object

ort.env.logLevel = 'fatal'

/** Backend on a GPU, through WebGPU in a browser. */
export const webWebgpu: Backend = gpuBackend({
  Tensor: ort.Tensor,
  async open(model, preferredOutputLocation, exact) {
    if (!('gpu' in navigator))
      throw new ArgumentError("device: wanted webgpu, got a browser without it; use device 'wasm'")
    return ort.InferenceSession.create(model, {
      executionProviders: ['webgpu', 'wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      preferredOutputLocation,
      logSeverityLevel: 4,
    }).catch((error: unknown) => {
      throw deviceError('compile', error)
    })
  },
})
