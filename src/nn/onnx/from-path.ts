import { closeSync, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { malformed, mismatch } from '../../core/mismatch.ts'
import { readBeside } from '../../disk/data-beside.ts'
import { onFile, systemCode } from '../../disk/fault.ts'
import { readBytes } from '../../disk/read-bytes.ts'
import { importBytes, importFrom, type OnnxSource } from './from-bytes.ts'
import { type OnnxModel, type OnnxModule, type OnnxOptions, readOnnxOptions } from './import.ts'

/** An ONNX file in Node.js: its path, or all else that browsers take. */
export type OnnxPath = OnnxSource | string | { readonly href: string }

/**
 * Imports a network from an ONNX file, as `nn.fromOnnx` in a browser does, also by the file's path. Weights that the
 * file keeps in another file are read if that one lies in the same folder.
 *
 * @param source path of the file, its bytes, or a `Blob` or `Response`
 * @throws {FormatError} when the file is damaged, or has an operator without a gradient here: all are named, with the
 *   tensor before which to end.
 * @throws {ArgumentError} when an option is invalid, or the file has no such tensor or input.
 */
export function fromOnnxFile(
  source: OnnxPath,
  options: OnnxOptions & { readonly output: readonly string[] },
): Promise<OnnxModel>
export function fromOnnxFile(source: OnnxPath, options?: OnnxOptions): Promise<OnnxModule>
export async function fromOnnxFile(source: OnnxPath, options?: OnnxOptions): Promise<OnnxModule | OnnxModel> {
  const wanted = "an ONNX file's path or bytes, a Blob or a Response"
  if (typeof source !== 'string' && !(source instanceof URL)) return importFrom(source, options, wanted)
  if (/^https?:/.test(String(source)))
    throw mismatch('fromOnnx', wanted, String(source), 'fetch it: nn.fromOnnx(await fetch(url))')
  const path = source instanceof URL ? fileURLToPath(source) : source
  const file = basename(path)
  const who = `fromOnnx ${file}`
  const folder = dirname(path)
  return importBytes(who, bytesAt(path, 'fromOnnx'), readOnnxOptions('fromOnnx', options), {
    file,
    outside: (name, offset, length) => readBeside(folder, name, offset, length, who),
  })
}

/** Returns the bytes of an ONNX file. @throws {FormatError} when there is none */
export function bytesAt(path: string, who: string): Uint8Array {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw malformed(who, 'the path of an ONNX file', `${path}, which does not exist`)
    return onFile(path, () => {
      throw error
    })
  }
  try {
    return onFile(path, () => readBytes(file, path))
  } finally {
    closeSync(file)
  }
}
