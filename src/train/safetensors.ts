import { type ByteSource, bytesSource } from '../core/byte-source.ts'
import { bytesOf, joinBytes, mostAtOnce } from '../core/bytes.ts'
import type { Data, DType } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { checkSettled } from '../core/exclusive.ts'
import { foreignFormat, recognizedBy } from '../core/foreign-format.ts'
import { faultOf, jsonIn, keysIn } from '../core/json.ts'
import { checkFields, malformed, mismatch, showValue } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'
import { elementsIn, isStored, type StoredType, stored } from './stored-types.ts'

/** Name of each of Evenstep's element types in the safetensors format. */
const codes: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
}

/** A tensor as stored in a safetensors file. */
export interface Stored {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: Data
}

/**
 * Encodes tensors as a safetensors file, readable by PyTorch and all other readers of the format.
 *
 * The file has three parts, all little-endian: the header's length in 8 bytes; the header, JSON with the type, shape
 * and byte range of each tensor, padded with spaces to a multiple of 8 bytes; the values.
 *
 * Source: https://huggingface.co/docs/safetensors
 */
export function writeSafetensors(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array {
  return joinBytes(safetensorsChunks(tensors))
}

/** Location of a tensor's values: name of the file, name of the tensor, first byte and number of bytes. */
interface Place {
  readonly file: string
  readonly name: string
  readonly offset: number
  readonly length: number
}

/** Returns where `writeSafetensors` would put the values of each tensor in a file with the given name. */
export function safetensorsPlaces(
  file: string,
  tensors: ReadonlyMap<string, Stored | Variable>,
): ReadonlyMap<string, Place> {
  let offset = safetensorsChunks(tensors)[0]!.length
  const places = new Map<string, Place>()
  for (const [name, { data }] of tensors) {
    places.set(name, { file, name, offset, length: data.byteLength })
    offset += data.byteLength
  }
  return places
}

/** Returns a safetensors file as chunks of bytes: the header, then the values of the tensors, not copied. */
export function safetensorsChunks(tensors: ReadonlyMap<string, Stored | Variable>): Uint8Array[] {
  checkFields('writeSafetensors', 'a Map of tensors by name', tensors, 'values', 'size')
  checkSettled('writeSafetensors', tensors.values())
  let end = 0
  const header: Record<string, object> = Object.create(null)
  const bodies: Uint8Array[] = []
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === '__metadata__') {
      throw mismatch('writeSafetensors', 'other names than the one that the format keeps for texts', name)
    }
    const start = end
    end += data.byteLength
    header[name] = { dtype: codes[dtype], shape, data_offsets: [start, end] }
    bodies.push(...piecesOf(data))
  }
  return [headOf(header), ...bodies]
}

/** Returns the bytes of a tensor, not copied, in arrays of up to 1 GiB: a single array holds at most 4 GiB. */
function piecesOf({ buffer, byteOffset, byteLength }: Data): Uint8Array[] {
  const count = Math.max(1, Math.ceil(byteLength / mostAtOnce))
  return Array.from({ length: count }, (_, i) => {
    const at = i * mostAtOnce
    return new Uint8Array(buffer, byteOffset + at, Math.min(mostAtOnce, byteLength - at))
  })
}

function headOf(header: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20, 8)
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true)
  head.set(text, 8)
  return head
}

/**
 * Reads the tensors of a safetensors file, by name. Half precision (F16, BF16) becomes float32; integers of 8 and 16
 * bits become int32, unsigned ones of 32 and 64 bits int64. All other types stay as they are.
 *
 * @param file bytes of the file, as returned by `fs.readFileSync(path)`
 * @param name file name for error messages
 * @throws {ArgumentError} when `file` is a path or anything else than bytes.
 * @throws {FormatError} when the file is truncated or of another format, its header does not describe its bytes
 *   exactly, a tensor is of another type (8-bit floats, complex numbers), or an integer is beyond 2⁶³ − 1.
 */
export function readSafetensors(file: Uint8Array, name: string): Map<string, Stored> {
  return readTensors(bytesSource(bytesOf('readSafetensors', file)), name)
}

/**
 * Reads the tensors of a safetensors file like `readSafetensors`, but each directly into its own memory, so that
 * reading takes no more memory than the tensors themselves.
 *
 * @throws {FormatError} as `readSafetensors`.
 */
export function readTensors(file: ByteSource, name: string): Map<string, Stored> {
  const { header, body } = headerOf(file, name)
  const entries: Entry[] = []
  for (const key in header) {
    const entry = header[key]
    if (key !== '__metadata__' || !isMetadata(entry, name)) entries.push(checkedEntry(name, key, entry))
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end) // an empty tensor comes before another at its place
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
  const tensors = new Map<string, Stored>()
  for (const { key, code, shape, start, end } of entries) {
    const bytes = file.read(body + start, body + end)
    tensors.set(key, { dtype: stored[code].dtype, shape, data: elementsIn(bytes, code, `${name}: ${key}`) })
  }
  return tensors
}

/** Decodes bytes as UTF-8; undefined if they are not valid UTF-8. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Maximum size of a header in bytes, as in the official safetensors library. */
const maxHeader = 100_000_000

/** Maximum number of keys in a header, 4 of them a tensor: parsed, they take ten times the memory of the text. */
const mostKeys = 400_000

/** Returns the header of a file, and the offset of the values that follow it. */
function headerOf(file: ByteSource, name: string): { header: Record<string, unknown>; body: number } {
  const start = new Uint8Array(file.read(0, Math.min(recognizedBy, file.length)))
  refuseOthers(start, name)
  const size = file.length < 8 ? 0 : Number(new DataView(start.buffer).getBigUint64(0, true))
  if (file.length < 8 || size > file.length - 8) {
    throw new FormatError(
      `${name}: wanted a safetensors file, got ${file.length} bytes; it is truncated or damaged`,
    )
  }
  if (size > maxHeader)
    throw malformed(name, `a header of up to ${maxHeader} bytes`, size, 'the file is damaged')
  const text = utf8(new Uint8Array(file.read(8, 8 + size)))
  if (keysIn(text ?? '') > mostKeys) throw malformed(name, `up to ${mostKeys} keys`, 'more', 'split the file')
  const header = text === undefined ? undefined : jsonIn(text)
  const fault = header === undefined ? undefined : faultOf(text!, header)
  if (fault !== undefined) throw malformed(name, 'a tensor for each name', fault, 'the file is damaged')
  if (typeof header === 'object' && header !== null && !Array.isArray(header))
    return { header: header as Record<string, unknown>, body: 8 + size }
  throw new FormatError(`${name}: wanted a header in JSON, got something else; the file is damaged`)
}

/** The byte that begins a header in JSON. */
const openBrace = 0x7b

/** Checks the first bytes. @throws {FormatError} when they belong to another format, advising what to do. */
function refuseOthers(start: Uint8Array, name: string): void {
  if (start[8] === openBrace) return // any start may also be the length of a header
  const other = foreignFormat(start, ['safetensors'], { zip: 'unzip it' })
  if (other) throw malformed(name, 'a safetensors file', other.got, other.fix)
}

/** Whether a header entry is `__metadata__` and maps names to strings, as the format requires. */
function isMetadata(entry: unknown, name: string): boolean {
  const isTexts = typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  if (isTexts && Object.values(entry).every((text) => typeof text === 'string')) return true
  throw malformed(name, '__metadata__ of texts', showValue(entry), 'the file is damaged')
}

/** A tensor's entry in the header; its values are bytes `start` to `end` (exclusive) after the header. */
interface Entry {
  readonly key: string
  readonly code: StoredType
  readonly shape: Shape
  readonly start: number
  readonly end: number
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function checkedEntry(file: string, key: string, entry: unknown): Entry {
  const { dtype: code, shape, data_offsets: offsets } = Object(entry)
  if (typeof code !== 'string' || !isStored(code)) {
    const fix = 'save it as one of these'
    throw malformed(file, `${key} of ${Object.keys(stored).join(', ')}`, String(code), fix)
  }
  const sizes = Array.isArray(shape) && shape.every(isSize) ? shape : undefined
  const [start, end] = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isSize) ? offsets : []
  if (
    !sizes ||
    start === undefined ||
    end === undefined ||
    end - start !== sizeOf(sizes) * stored[code].bytes
  ) {
    throw new FormatError(
      `${file}: wanted a shape and a byte range that match for ${key}, got ${showValue(entry)}`,
    )
  }
  return { key, code, shape, start, end }
}
