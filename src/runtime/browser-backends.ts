import { ArgumentError } from '../core/errors.ts'
import type { Loaders } from './device.ts'

/** Loads the backend of each device in a browser. */
export const loaders: Loaders = {
  cpu: async () => {
    throw new ArgumentError("device: wanted a browser's device, got cpu; use 'wasm' or 'webgpu'")
  },
  wasm: async () => (await import('./wasm.ts')).wasm,
  webgpu: async () => (await import('./web-webgpu.ts')).webWebgpu,
}

/** Device of experiments that name none. */
export const preferred: keyof Loaders = 'wasm'
