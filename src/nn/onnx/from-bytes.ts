import { sha256 } from '#platform'
import { mismatch } from '../../core/mismatch.ts'
import { variables } from '../../core/state.ts'
import { recordSources } from '../../core/weight-source.ts'
import type { OutsideBytes } from '../../onnx/foreign-tensor.ts'
import type { Module } from '../module.ts'
import {
  importOnnx,
  type OnnxModel,
  type OnnxModule,
  type OnnxOptions,
  type ReadOnnxOptions,
  readOnnxOptions,
} from './import.ts'

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

/** Name of the file of a source, as far as one is known. */
const nameOf = (source: unknown): string | undefined => {
  const { name, url } = Object(source) as { readonly name?: unknown; readonly url?: unknown }
  const path = typeof name === 'string' ? name : typeof url === 'string' ? url.replace(/[?#].*$/s, '') : ''
  return path.split('/').at(-1) || undefined
}

/** Imports what `source` holds. @param wanted describes the sources that are taken, for errors */
export async function importFrom(
  source: unknown,
  options: OnnxOptions | undefined,
  wanted: string,
): Promise<OnnxModule> {
  const read = readOnnxOptions('fromOnnx', options)
  return importBytes('fromOnnx', await bytesOf(source, wanted), read, { file: nameOf(source) })
}

/** Where bytes come from: the file's name, and what reads data outside of the file. */
interface Place {
  readonly file?: string | undefined
  readonly outside?: OutsideBytes
}

/** Imports a file's bytes, and records the file as the source of the weights. */
export function importBytes(
  who: string,
  bytes: Uint8Array,
  options: ReadOnnxOptions,
  { file, outside }: Place = {},
): OnnxModule {
  const network: Module = importOnnx(bytes, who, options, outside)
  const source = { ...(file !== undefined && { file }), sha256: sha256().update(bytes).hex() }
  recordSources(variables(network).values(), [source])
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

/**
 * Imports a network as `fromOnnx` does, from bytes at hand, without waiting: for the `model` of an experiment, which
 * returns a new network at each call.
 *
 * @param bytes bytes of an ONNX file
 * @throws {FormatError} like `fromOnnx`
 * @throws {ArgumentError} like `fromOnnx`
 */
export function fromOnnxBytes(
  bytes: Uint8Array,
  options: OnnxOptions & { readonly output: readonly string[] },
): OnnxModel
export function fromOnnxBytes(bytes: Uint8Array, options?: OnnxOptions): OnnxModule
export function fromOnnxBytes(bytes: Uint8Array, options?: OnnxOptions): OnnxModule | OnnxModel {
  if (!(bytes instanceof Uint8Array)) throw mismatch('fromOnnxBytes', 'the bytes of an ONNX file', bytes)
  return importBytes('fromOnnxBytes', bytes, readOnnxOptions('fromOnnxBytes', options))
}
