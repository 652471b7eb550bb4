import { DeviceMemory, type OpenAt } from './device-memory.ts'
import { locationsOf, onDevice } from './on-device.ts'
import { type Backend, type OrtTensorClass, wrap } from './session.ts'

/** What Node.js and browsers do differently to compute by WebGPU. */
interface Gpu {
  /** ONNX Runtime's class of tensors. */
  readonly Tensor: OrtTensorClass
  /** Compiles a model. @param exact as in `SessionOptions` */
  open(model: Uint8Array, location: Parameters<OpenAt>[1], exact: boolean): ReturnType<OpenAt>
}

/** Returns the backend for a GPU. Operators without a WebGPU kernel run on the CPU. */
export function gpuBackend({ Tensor, open }: Gpu): Backend {
  const memory = new DeviceMemory(Tensor, (model, location) => open(model, location, true))
  return {
    loops: false, // there is no WebGPU kernel for Loop
    threads: false,
    sharesMemory: false,
    blockSize: async () => 1,
    async open(model, { exact, plan }) {
      if (!plan) return wrap(await open(model, 'cpu', exact), Tensor)
      return onDevice(await open(model, locationsOf(plan), exact), Tensor, memory, plan)
    },
  }
}
