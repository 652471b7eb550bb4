import type { InferenceSession } from 'onnxruntime-common'
import { ArgumentError } from '../core/errors.ts'
import { deviceError } from './failure.ts'
import { ort } from './native.ts'
import { type Backend, wrap } from './session.ts'

/**
 * Backend on a GPU, through WebGPU in ONNX Runtime's native binary for Node. On Linux, it requires a Vulkan
 * driver. Since operators without a WebGPU kernel run on the CPU and data is copied at every step, small
 * networks are slower than on the CPU.
 */
export const nodeWebgpu: Backend = {
  loops: false, // there is no WebGPU kernel for Loop
  threads: false,
  sharesMemory: false,
  blockSize: async () => 1,
  async open(model, { exact }) {
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['webgpu', 'cpu'],
      graphOptimizationLevel: exact ? 'basic' : 'all',
      logSeverityLevel: 4,
    }
    return wrap(await ort.InferenceSession.create(model, options).catch(refuse), ort.Tensor)
  },
}

/** Throws an ArgumentError if the machine has no GPU that WebGPU can use, otherwise a DeviceError. */
function refuse(cause: Error): never {
  if (!/adapter|vulkan|webgpu/i.test(cause.message)) throw deviceError('compile', cause)
  throw new ArgumentError(
    "device: wanted webgpu, got no adapter; install a graphics driver with Vulkan (or a software one: Debian's chromium " +
      "has VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json), or use device 'cpu'",
    { cause },
  )
}
