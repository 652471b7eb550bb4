import type { InferenceSession } from 'onnxruntime-common'
import { ArgumentError } from '../core/errors.ts'
import { deviceError } from './failure.ts'
import { gpuBackend } from './gpu.ts'
import { ort } from './native.ts'
import type { Backend } from './session.ts'

/** Backend on a GPU, through WebGPU in ONNX Runtime's native binary for Node. On Linux, it requires a Vulkan driver. */
export const nodeWebgpu: Backend = gpuBackend({
  Tensor: ort.Tensor,
  open(model, preferredOutputLocation, exact) {
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['webgpu', 'cpu'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      preferredOutputLocation,
      logSeverityLevel: 4,
    }
    return ort.InferenceSession.create(model, options).catch(refuse)
  },
})

/** Throws an ArgumentError if the machine has no GPU that WebGPU can use, otherwise a DeviceError. */
function refuse(cause: Error): never {
  if (!/adapter|vulkan|webgpu/i.test(cause.message)) throw deviceError('compile', cause)
  throw new ArgumentError(
    "device: wanted webgpu, got no adapter; install a graphics driver with Vulkan (or a software one: Debian's chromium " +
      "has VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json), or use device 'cpu'",
    { cause },
  )
}
