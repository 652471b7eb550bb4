import { existsSync } from 'node:fs'
import { arch, platform } from 'node:os'
import type * as Ort from 'onnxruntime-common'
import { isSource, packageFolder } from '../package-folder.ts'
import { disableTelemetry } from './telemetry.ts'

/** Folder of the bundled copy of onnxruntime-node. A clone of the repository has none, and uses the npm package. */
const carried = new URL('native/', packageFolder)
const carriesThis = existsSync(new URL(`bin/napi-v6/${platform()}/${arch()}/`, carried))

await disableTelemetry()

/** ONNX Runtime for Node, on CPU and WebGPU. All code that uses its native library must import it from here. */
export const ort: typeof Ort = await load()

async function load(): Promise<typeof Ort> {
  if (carriesThis && !isSource) return import(new URL('dist/index.js', carried).href)
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    const isMissing =
      cause instanceof Error && 'code' in cause && `${cause.code}`.endsWith('MODULE_NOT_FOUND')
    throw isMissing ? new Error(`no native binary for ${platform()} ${arch()}`, { cause }) : cause
  }
}
