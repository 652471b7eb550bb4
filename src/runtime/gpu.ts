import { DeviceMemory, type OpenAt } from './device-memory.ts'
import type { DeviceError } from './failure.ts'
import { locationsOf, onDevice } from './on-device.ts'
import { type Backend, type OrtTensorClass, type Session, wrap } from './session.ts'

/** What Node.js and browsers do differently to compute by WebGPU. */
interface Gpu {
  /** ONNX Runtime's class of tensors. */
  readonly Tensor: OrtTensorClass
  /** Compiles a model. @param exact as in `SessionOptions` */
  open(model: Uint8Array, location: Parameters<OpenAt>[1], exact: boolean): ReturnType<OpenAt>
  /** Returns the error for a GPU that was lost; undefined as long as it works, or errors of its calls say so. */
  readonly lost?: () => DeviceError | undefined
}

/** Returns the backend for a GPU. Operators without a WebGPU kernel run on the CPU. */
export function gpuBackend({ Tensor, open, lost = () => undefined }: Gpu): Backend {
  const memory = new DeviceMemory(Tensor, (model, location) => open(model, location, true))
  /** Makes a session fail once the GPU is lost: browsers answer calls of a lost one with zeros. */
  const watched = ({ run, ...rest }: Session): Session => ({
    ...rest,
    async run(feeds) {
      const results = await run(feeds).catch((error: unknown) => {
        throw lost() ?? error
      })
      const error = lost()
      if (error) throw error
      return results
    },
  })
  return {
    loops: false, // there is no WebGPU kernel for Loop
    threads: 'one',
    sharesMemory: false,
    blockSize: async () => 1,
    async open(model, { exact, plan }) {
      if (!plan) return watched(wrap(await open(model, 'cpu', exact), Tensor))
      return watched(onDevice(await open(model, locationsOf(plan), exact), Tensor, memory, plan))
    },
  }
}
