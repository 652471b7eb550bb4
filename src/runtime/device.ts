import { loaders, preferred } from '#backends'
import { ArgumentError } from '../core/errors.ts'
import { isMachineFault } from '../core/machine.ts'
import type { Backend } from './session.ts'

type Engine = 'cpu' | 'wasm' | 'webgpu'

/** Device to compute on: CPU by native code, CPU by WebAssembly, GPU by WebGPU, or what timing chooses. */
export type Device = Engine | 'auto'

/** Names of all devices. */
export const devices: readonly Device[] = ['cpu', 'wasm', 'webgpu', 'auto']

/** Functions that load the backends, by device. */
export type Loaders = Readonly<Record<Engine, () => Promise<Backend>>>

/**
 * Loads the backend of a device: the engine that compiles and runs graphs on it. For 'auto', the one that a GPU competes
 * with.
 *
 * @param device @default 'cpu', or 'wasm' in browsers and, with a warning, where no native binary loads
 * @throws {ArgumentError} when the backend's package is missing, or has no binary for this machine.
 */
export async function backendOf(device?: Device): Promise<Backend> {
  if (device === undefined || device === 'auto') {
    fallback ??= preferred === 'cpu' ? cpuOrWasm() : backendOf(preferred)
    return fallback
  }
  try {
    return await loaders[device]()
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause
    const remedy = device === 'wasm' ? 'install onnxruntime-web' : "use device 'wasm'"
    throw new ArgumentError(`device: wanted ${device}, got ${reasonOf(cause)}; ${remedy}`, { cause })
  }
}

/** Whether a device reads arrays where they are, so that a data set may be passed to it as a whole. */
export const sharesMemory = async (device: Device | undefined): Promise<boolean> =>
  device !== 'auto' && (await backendOf(device)).sharesMemory

/** Returns WebGPU's backend; undefined if there is none here. */
export const gpuIfAny = (): Promise<Backend | undefined> => backendOf('webgpu').catch(() => undefined)

/** Backend of experiments that name no device; undefined until first requested. */
let fallback: Promise<Backend> | undefined

async function cpuOrWasm(): Promise<Backend> {
  try {
    return await loaders.cpu()
  } catch (cause) {
    if (isMachineFault(cause)) throw cause // not what this platform lacks: repeated, the native library may load
    const backend = await backendOf('wasm')
    console.warn(
      `device: wanted cpu, got ${reasonOf(cause)}; WebAssembly computes instead, slower and on one thread; ` +
        "device 'wasm' chooses it without this warning",
    )
    return backend
  }
}

/** Returns in one line why a backend could not be loaded. */
function reasonOf(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0]!
}
