import { ArgumentError } from '../core/errors.ts'
import { isMachineFault } from '../core/machine.ts'
import type { Backend } from './session.ts'

/** Device to compute on: CPU by native code, CPU by WebAssembly, or GPU by WebGPU. */
export type Device = 'cpu' | 'wasm' | 'webgpu'

/** Names of all devices. */
export const devices: readonly Device[] = ['cpu', 'wasm', 'webgpu']

const load: Readonly<Record<Device, () => Promise<Backend>>> = {
  cpu: async () => (await import('./node-cpu.ts')).nodeCpu,
  wasm: async () => (await import('./wasm.ts')).wasm,
  webgpu: async () => (await import('./node-webgpu.ts')).nodeWebgpu,
}

/**
 * Loads the backend of a device: the engine that compiles and runs graphs on it.
 *
 * @param device @default 'cpu', or 'wasm' where no native binary loads, with a warning
 * @throws {ArgumentError} when the backend's package is missing, or has no binary for this machine.
 */
export async function backendOf(device?: Device): Promise<Backend> {
  if (device === undefined) {
    preferred ??= cpuOrWasm()
    return preferred
  }
  try {
    return await load[device]()
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause
    const remedy = device === 'wasm' ? 'install onnxruntime-web' : "use device 'wasm'"
    throw new ArgumentError(`device: wanted ${device}, got ${reasonOf(cause)}; ${remedy}`, { cause })
  }
}

/** Backend of experiments that name no device; undefined until first requested. */
let preferred: Promise<Backend> | undefined

async function cpuOrWasm(): Promise<Backend> {
  try {
    return await load.cpu()
  } catch (cause) {
    if (isMachineFault(cause)) throw cause // not what this platform lacks: repeated, the native library may load
    const backend = await backendOf('wasm')
    if ('process' in globalThis) {
      console.warn(
        `device: wanted cpu, got ${reasonOf(cause)}; WebAssembly computes instead, slower and on one thread; ` +
          "device 'wasm' chooses it without this warning",
      )
    }
    return backend
  }
}

/** Returns in one line why a backend could not be loaded. */
function reasonOf(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0]!
}
