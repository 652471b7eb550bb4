import { type Data, type DType, toData } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'

const codes: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
}
const bytesOf: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 }

/** A tensor in a file. */
export interface Stored {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/**
 * Returns tensors as a safetensors file, which PyTorch and every other reader of the format loads by name.
 *
 * Eight bytes with the header's length, the header as JSON (type, shape and place of each tensor), the numbers,
 * all little-endian. The header is padded so that the numbers start at a multiple of 8.
 *
 * Source: https://huggingface.co/docs/safetensors
 */
export function writeSafetensors(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array {
  const parts = safetensorsParts(tensors)
  const file = new Uint8Array(parts.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const part of parts) {
    file.set(part, at)
    at += part.length
  }
  return file
}

/** Returns the parts of the same file in order: its head, then the bytes of each tensor, not copied. */
export function safetensorsParts(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array[] {
  let end = 0
  const header: Record<string, object> = {}
  const bodies: Uint8Array[] = []
  for (const [name, { dtype, shape, data }] of tensors) {
    const start = end
    end += data.byteLength
    header[name] = { dtype: codes[dtype], shape, data_offsets: [start, end] }
    bodies.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return [headOf(header), ...bodies]
}

function headOf(header: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20, 8)
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true)
  head.set(text, 8)
  return head
}

/**
 * Reads the tensors in a safetensors file, by name.
 *
 * @param name of the file in messages
 * @throws {FormatError} when the file is truncated, or its header does not describe its bytes exactly.
 */
export function readSafetensors(file: Uint8Array, name: string): Map<string, Stored> {
  const { header, body } = headerOf(file, name)
  const places = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, entry]) => placeOf(name, key, entry))
    .sort((a, b) => a.start - b.start)
  let at = 0
  for (const { key, start, end } of places) {
    if (start !== at) throw new FormatError(`${name}: wanted ${key} to start at byte ${at}, got ${start}`)
    at = end
  }
  if (file.length - body !== at) {
    throw new FormatError(
      `${name}: wanted ${body + at} bytes, got ${file.length}; the file is truncated or damaged`,
    )
  }
  const copy = ({ dtype, start, end }: Place): Data => copyOf(dtype, file.subarray(body + start, body + end))
  return new Map(
    places.map((place) => [place.key, { dtype: place.dtype, shape: place.shape, data: copy(place) }]),
  )
}

function headerOf(file: Uint8Array, name: string): { readonly header: object; readonly body: number } {
  const size = file.length < 8 ? 0 : Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  if (file.length < 8 || size > file.length - 8) {
    throw new FormatError(
      `${name}: wanted a safetensors file, got ${file.length} bytes; it is truncated or damaged`,
    )
  }
  const header = jsonIn(file.subarray(8, 8 + size))
  if (typeof header === 'object' && header !== null && !Array.isArray(header))
    return { header, body: 8 + size }
  throw new FormatError(`${name}: wanted a header in JSON, got something else; the file is damaged`)
}

interface Place {
  readonly key: string
  readonly dtype: DType
  readonly shape: Shape
  readonly start: number
  readonly end: number
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function placeOf(file: string, key: string, entry: unknown): Place {
  const { dtype: code, shape, data_offsets: offsets } = Object(entry)
  const dtype = (Object.keys(codes) as DType[]).find((known) => codes[known] === code)
  if (!dtype) {
    throw new FormatError(`${file}: wanted ${key} of ${Object.values(codes).join(', ')}, got ${String(code)}`)
  }
  const sizes = Array.isArray(shape) && shape.every(isSize) ? shape : undefined
  const [start, end] = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isSize) ? offsets : []
  if (!sizes || start === undefined || end === undefined || end - start !== sizeOf(sizes) * bytesOf[dtype]) {
    throw new FormatError(
      `${file}: wanted a shape and a place that fit for ${key}, got ${JSON.stringify(entry)}`,
    )
  }
  return { key, dtype, shape, start, end }
}

/**
 * Copies bytes as elements. Views of the file could start anywhere, and a sum in ONNX Runtime takes other
 * steps, so it rounds differently, where its numbers do not start at a multiple of 16 or more.
 */
function copyOf(dtype: DType, bytes: Uint8Array): Data {
  const Elements = toData(dtype, []).constructor as new (buffer: ArrayBuffer) => Data
  const own = new ArrayBuffer(bytes.length)
  new Uint8Array(own).set(bytes)
  return new Elements(own)
}

/**
 * Gives variables the numbers of a file.
 *
 * @param name of the file in messages
 * @throws {FormatError} when a tensor is missing, left over, or of another shape or type. Nothing has changed
 *   then.
 */
export function assignAll(
  variables: ReadonlyMap<string, Variable>,
  tensors: ReadonlyMap<string, Stored>,
  name: string,
): void {
  const extra = [...tensors.keys()].find((key) => !variables.has(key))
  if (extra !== undefined)
    throw new FormatError(`${name}: wanted the tensors of this model, got ${extra} as well`)
  for (const [key, variable] of variables) {
    const tensor = tensors.get(key)
    if (!tensor) throw new FormatError(`${name}: wanted ${key}, got no such tensor; it is of another model`)
    if (tensor.dtype !== variable.dtype || String(tensor.shape) !== String(variable.shape)) {
      const [wanted, got] = [variable, tensor].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`)
      throw new FormatError(`${name}: wanted ${key} as ${wanted}, got ${got}; it is of another model`)
    }
  }
  for (const [key, variable] of variables) variable.data = tensors.get(key)!.data
}
