import { mismatch } from '../../core/mismatch.ts'
import type { OutsideBytes } from '../../onnx/foreign-tensor.ts'
import type { Module } from '../module.ts'
import { importOnnx, type OnnxModel, type OnnxModule, type OnnxOptions, readOnnxOptions } from './import.ts'

/** Something whose bytes can be asked for, such as a `Blob` or a `Response`. */
export interface BytesLater {
  arrayBuffer(): Promise<ArrayBuffer>
  readonly ok?: boolean
  readonly status?: number
  readonly url?: string
}

/** An ONNX file: its bytes, or a `Blob` or `Response` of them. */
export type OnnxSource = Uint8Array | ArrayBuffer | BytesLater

const isLater = (value: unknown): value is BytesLater =>
  typeof value === 'object' &&
  value !== null &&
  'arrayBuffer' in value &&
  typeof value.arrayBuffer === 'function'

/** Returns the bytes of an ONNX file. @param wanted describes the sources that are taken, for errors */
async function bytesOf(source: unknown, wanted: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  if (!isLater(source)) throw mismatch('fromOnnx', wanted, source)
  if (source.ok === false) throw mismatch('fromOnnx', 'a response with the file', `status ${source.status}`)
  return new Uint8Array(await source.arrayBuffer())
}

/** Imports what `source` holds. @param who name of the file in errors @param outside reads data outside of the file */
export async function importFrom(
  source: unknown,
  options: OnnxOptions | undefined,
  wanted: string,
  who = 'fromOnnx',
  outside?: OutsideBytes,
): Promise<OnnxModule> {
  readOnnxOptions(options)
  const network: Module = importOnnx(await bytesOf(source, wanted), who, options, outside)
  return network as OnnxModule
}

/**
 * Imports a network from an ONNX file: its weights become variables, its nodes with weights become layers (`nn.Conv2d`,
 * `nn.Linear`, `nn.BatchNorm2d`, …) at the paths that the file's names give, and the others become operators with
 * gradients. Shapes that the file computes are computed while a step is traced, so that a batch may have any size.
 *
 * Weights of float16 and bfloat16 are read as float32.
 *
 * @param source bytes of the file, or a `Blob` or `Response`; in Node.js also the file's path
 * @throws {FormatError} when the file is damaged, or has an operator without a gradient here: all are named, with the
 *   tensor before which to end.
 * @throws {ArgumentError} when an option is invalid, or the file has no such tensor or input.
 */
export function fromOnnx(
  source: OnnxSource,
  options: OnnxOptions & { readonly output: readonly string[] },
): Promise<OnnxModel>
export function fromOnnx(source: OnnxSource, options?: OnnxOptions): Promise<OnnxModule>
export function fromOnnx(source: OnnxSource, options?: OnnxOptions): Promise<OnnxModule | OnnxModel> {
  return importFrom(source, options, 'the bytes of an ONNX file, a Blob or a Response')
}
