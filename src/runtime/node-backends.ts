import type { Loaders } from './device.ts'

/** Loads the backend of each device in Node.js. */
export const loaders: Loaders = {
  cpu: async () => (await import('./node-cpu.ts')).nodeCpu,
  wasm: async () => (await import('./wasm.ts')).wasm,
  webgpu: async () => (await import('./node-webgpu.ts')).nodeWebgpu,
}

/** Device of experiments that name none. */
export const preferred: keyof Loaders = 'cpu'
