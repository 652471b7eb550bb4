import * as ort from 'onnxruntime-web/webgpu'
import { ArgumentError } from '../core/errors.ts'
import { deviceError, lostGpu } from './failure.ts'
import { gpuBackend } from './gpu.ts'
import type { Backend } from './session.ts'
import { wasmFile } from './wasm-place.ts'

declare const navigator: object

ort.env.logLevel = 'fatal'
Object.assign(ort.env.wasm, wasmFile('ort-wasm-simd-threaded.asyncify.wasm'), { numThreads: 1 })

/** Why the GPU was lost; undefined as long as it works. ONNX Runtime gets no other one in the same page or worker. */
let loss: string | undefined
/** Promise that resolves once a loss of the GPU will be noticed. */
let watched: Promise<void> | undefined

/** What a page sees of a GPU. */
interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>
}

/** Notices a loss of the GPU. */
async function watch(): Promise<void> {
  const device = (await ort.env.webgpu.device) as Device
  device.lost.then(({ reason, message }) => {
    loss = [reason, message].filter(Boolean).join(': ')
  })
}

/** Backend on a GPU, through WebGPU in a browser. */
export const webWebgpu: Backend = gpuBackend({
  Tensor: ort.Tensor,
  async open(model, preferredOutputLocation, exact) {
    if (!('gpu' in navigator))
      throw new ArgumentError("device: wanted webgpu, got a browser without it; use device 'wasm'")
    if (loss !== undefined) throw lostGpu(loss)
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['webgpu', 'wasm'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      preferredOutputLocation,
      logSeverityLevel: 4,
    }).catch((error: unknown) => {
      throw deviceError('compile', error)
    })
    watched ??= watch()
    await watched
    return session
  },
  lost: () => (loss === undefined ? undefined : lostGpu(loss)),
})
