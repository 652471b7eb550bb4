import { type Data, type DType, toData } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'

/** Name of each element type in the safetensors format. */
const codes: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
}

/** A tensor as stored in a file. */
export interface Stored {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/**
 * Encodes tensors as a safetensors file, which PyTorch and every other reader of the format can load.
 *
 * The file has three parts, all little-endian: the header's length in 8 bytes; the header, JSON with the type,
 * shape and byte range of each tensor, padded with spaces to a multiple of 8 bytes; the values.
 *
 * Source: https://huggingface.co/docs/safetensors
 */
export function writeSafetensors(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array {
  const chunks = safetensorsChunks(tensors)
  const file = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const chunk of chunks) {
    file.set(chunk, at)
    at += chunk.length
  }
  return file
}

/** Returns a safetensors file as chunks of bytes: the header, then the values of each tensor, not copied. */
export function safetensorsChunks(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array[] {
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
 * Reads the tensors of a safetensors file, by name.
 *
 * @param name file name for error messages
 * @throws {FormatError} when the file is truncated, or its header does not describe its bytes exactly.
 */
export function readSafetensors(file: Uint8Array, name: string): Map<string, Stored> {
  const { header, body } = headerOf(file, name)
  const entries = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, entry]) => checkedEntry(name, key, entry))
    .sort((a, b) => a.start - b.start)
  let at = 0
  for (const { key, start, end } of entries) {
    if (start !== at) throw new FormatError(`${name}: wanted ${key} to start at byte ${at}, got ${start}`)
    at = end
  }
  if (file.length - body !== at) {
    throw new FormatError(
      `${name}: wanted ${body + at} bytes, got ${file.length}; the file is truncated or damaged`,
    )
  }
  return new Map(
    entries.map(({ key, dtype, shape, start, end }) => {
      return [key, { dtype, shape, data: elements(dtype, file.subarray(body + start, body + end)) }]
    }),
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

/** A tensor's entry in the header; its values are bytes `start` to `end` (exclusive) after the header. */
interface Entry extends Omit<Stored, 'data'> {
  readonly key: string
  readonly start: number
  readonly end: number
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function checkedEntry(file: string, key: string, entry: unknown): Entry {
  const { dtype: code, shape, data_offsets: offsets } = Object(entry)
  const dtype = (Object.keys(codes) as DType[]).find((known) => codes[known] === code)
  if (!dtype) {
    throw new FormatError(`${file}: wanted ${key} of ${Object.values(codes).join(', ')}, got ${String(code)}`)
  }
  const sizes = Array.isArray(shape) && shape.every(isSize) ? shape : undefined
  const [start, end] = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isSize) ? offsets : []
  if (
    !sizes ||
    start === undefined ||
    end === undefined ||
    end - start !== sizeOf(sizes) * toData(dtype, []).BYTES_PER_ELEMENT
  ) {
    throw new FormatError(
      `${file}: wanted a shape and a byte range that match for ${key}, got ${JSON.stringify(entry)}`,
    )
  }
  return { key, dtype, shape, start, end }
}

/**
 * Copies bytes into a typed array with memory of its own, instead of a view of the file. ONNX Runtime adds in a
 * different order when data is not aligned to 16 bytes or more, so sums over a view would round differently.
 */
function elements(dtype: DType, bytes: Uint8Array): Data {
  const Elements = toData(dtype, []).constructor as new (buffer: ArrayBuffer) => Data
  return new Elements(new Uint8Array(bytes).buffer)
}

/**
 * Assigns the tensors of a file to the variables of the same names.
 *
 * @param name file name for error messages
 * @throws {FormatError} when a tensor is missing, unexpected, or of another shape or type; no variable has
 *   changed then.
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
