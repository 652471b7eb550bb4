import { ArgumentError } from '../core/errors.ts'
import type { Backend } from './session.ts'
import { disableTelemetry } from './telemetry.ts'

/** Device to compute on: CPU by native code, CPU by WebAssembly, or GPU by WebGPU. */
export type Device = 'cpu' | 'wasm' | 'webgpu'

/** Names of all devices. */
export const devices: readonly Device[] = ['cpu', 'wasm', 'webgpu']

const load: Readonly<Record<Device, () => Promise<Backend>>> = {
  cpu: async () => (await import('./node-cpu.ts')).nodeCpu,
  wasm: async () => (await import('./wasm.ts')).wasm,
  webgpu: async () => (await import('./node-webgpu.ts')).nodeWebgpu,
}

const remedy: Readonly<Record<Device, string>> = {
  cpu: "install onnxruntime-node, or use device 'wasm'",
  wasm: 'install onnxruntime-web',
  webgpu: "install onnxruntime-node, or use device 'cpu'",
}

/**
 * Loads the backend of a device: the engine that compiles and runs graphs on it.
 *
 * @param device @default 'cpu', or 'wasm' if it has no native binary for this machine
 * @throws {ArgumentError} when the backend's package is missing, or has no binary for this machine.
 */
export async function backendOf(device?: Device): Promise<Backend> {
  if (device === undefined) return backendOf('cpu').catch(() => backendOf('wasm'))
  disableTelemetry()
  try {
    return await load[device]()
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n')
    throw new ArgumentError(`device: wanted ${device}, got ${reason}; ${remedy[device]}`, { cause })
  }
}
