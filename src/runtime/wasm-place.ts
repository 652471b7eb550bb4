import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'

let folder: URL | undefined
let isRead = false

/**
 * Sets the folder from which a page loads ONNX Runtime's `.wasm` file. Needed only where a bundler does not put the
 * file beside the scripts, or where it is to come from another server.
 *
 * @param url folder of `ort-wasm-simd-threaded.wasm` and, for `device: 'webgpu'`, of
 *   `ort-wasm-simd-threaded.asyncify.wasm`; a relative one is relative to the page or worker
 * @throws {ArgumentError} when it is not a URL, or the file has been loaded already.
 * @example wasmAt('https://example.org/onnxruntime-web@1.30.0/')
 */
export function wasmAt(url: string | { readonly href: string }): void {
  const { location } = globalThis as { readonly location?: { readonly href: string } }
  const text = typeof url === 'string' ? url : String(url?.href)
  const base = location?.href
  const whole = text.endsWith('/') ? text : `${text}/`
  if (!URL.canParse(whole, base)) throw mismatch('wasmAt', "the URL of a folder, such as '/assets/'", url)
  if (isRead) {
    throw new ArgumentError(
      'wasmAt: wanted a call before the first compilation, got one after it; call it at the start of the page or worker',
    )
  }
  folder = new URL(whole, base)
}

/** Returns ONNX Runtime's setting for the file `name`, which is about to be loaded. */
export function wasmFile(name: string): { readonly wasmPaths?: { readonly wasm: string } } {
  isRead = true
  return folder ? { wasmPaths: { wasm: new URL(name, folder).href } } : {}
}
