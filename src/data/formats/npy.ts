import { type ByteSource, bytesSource } from '../../core/byte-source.ts'
import { bytesOf } from '../../core/bytes.ts'
import { foreignFormat } from '../../core/foreign-format.ts'
import { fromFloat16 } from '../../core/half.ts'
import { malformed, mismatch, showValue } from '../../core/mismatch.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'

/** JavaScript array type for each NumPy type code: a letter for the kind, then the bytes per element. */
const kinds = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
} as const

/** Flat array of a NumPy array's elements. Booleans are bytes, 0 or 1. */
export type NpyData = (typeof kinds)[keyof typeof kinds]['prototype']

/** The array in an NPY file (NumPy's format), in row-major order. */
export interface NpyArray {
  readonly shape: Shape
  readonly data: NpyData
}

/**
 * Parses the bytes of an NPY file, NumPy's format for one array, of integers, floats or booleans in either byte
 * order. float16 becomes a Float32Array; an array in column-major (Fortran) order is put in row-major order.
 *
 * @param name file name to show in errors
 * @throws {FormatError} when the file is damaged, or the array is structured, or of objects, text, complex
 *   numbers or dates.
 */
export const parseNpy = (file: Uint8Array, name: string): NpyArray =>
  npyIn(bytesSource(bytesOf('parseNpy', file)), name)

/** Maximum size in bytes of a header, including the bytes before its text. */
const longestHeader = (1 << 20) + 12

/** Parses an NPY file like `parseNpy`, and reads its elements straight into their own memory. */
export function npyIn(file: ByteSource, name: string): NpyArray {
  const head = new Uint8Array(file.read(0, Math.min(file.length, longestHeader)))
  const { shape, isFortran, order, kind, width, start } = layoutOf(head, file.length, name)
  const size = sizeOf(shape)
  const half = kind === 'f' && width === 2
  const type = half ? Uint16Array : kinds[`${kind}${width}` as keyof typeof kinds]
  const buffer = file.read(start, file.length)
  if (order === '>') swap(buffer, width)
  const read = new type(buffer, 0, size)
  const wrong = kind === 'b' ? (read as Uint8Array).find((value) => value > 1) : undefined
  if (wrong !== undefined) throw malformed(name, 'booleans as 0 or 1', wrong, 'the file is damaged')
  const data = half ? fromFloat16(read as Uint16Array) : (read as NpyData)
  return { shape, data: isFortran && shape.length > 1 ? rowMajor(data, shape) : data }
}

/**
 * Checks that an NPY file has as many bytes as its header states, given the file's first bytes. Does nothing if
 * these end within the header.
 *
 * @throws {FormatError} when the number of bytes differs, or the header is damaged.
 */
export function checkNpyLength(start: Uint8Array, length: number, name: string): void {
  const isWhole = start.length === length
  if (isWhole || (start.length >= 12 && headerEnd(start) <= start.length)) layoutOf(start, length, name)
}

/** Reads from an NPY file's header how its elements are stored, and checks that it has `length` bytes. */
function layoutOf(file: Uint8Array, length: number, name: string) {
  const { descr, isFortran, shape, start } = parseHeader(file, name)
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(descr === '?' ? '|b1' : descr) ?? []
  const width = Number(digits)
  if (!(`${kind}${width}` in kinds) && `${kind}${width}` !== 'f2') {
    const fix = "save it with array.astype('float32')"
    throw malformed(name, 'integers, floats or booleans', `dtype ${descr}`, fix)
  }
  const bytes = sizeOf(shape) * width
  if (length - start !== bytes) {
    const wanted = `${bytes} bytes for ${showShape(shape)} of ${descr}`
    throw malformed(name, wanted, length - start, 'the file is truncated or damaged')
  }
  return { shape, isFortran, order, kind, width, start }
}

/** Returns the elements of a column-major array in row-major order. */
function rowMajor(data: NpyData, shape: Shape): NpyData {
  const out = data.slice()
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  let from = 0
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}

/** Entries of an NPY file's header, which is a dictionary in the syntax of Python 2 or 3. */
const header = {
  descr: /'descr':\s*'([^']*)'/,
  order: /'fortran_order':\s*(True|False)/,
  shape: /'shape':\s*\((\s*|\s*\d+L?\s*,\s*|\s*\d+L?\s*(?:,\s*\d+L?\s*)+(?:,\s*)?)\)/,
}
const entry = `(?:${Object.values(header)
  .map(({ source }) => source)
  .join('|')})`
const dictionary = new RegExp(`^\\s*\\{\\s*(?:${entry}\\s*,\\s*){2}${entry}\\s*(?:,\\s*)?\\}\\s*$`)

/** Reads type, order, shape and `start`, the first element's offset in bytes, from an NPY file's header. */
function parseHeader(file: Uint8Array, name: string) {
  const [from, start] = headerBounds(file, name)
  const text = new TextDecoder().decode(file.subarray(from, start))
  if (/'descr':\s*\[/.test(text))
    throw malformed(name, 'plain numbers', 'a structured dtype', 'save each field as its own array')
  const isWhole = dictionary.test(text)
  const [descr, order, axes] = Object.values(header).map((part) =>
    isWhole ? part.exec(text)?.[1] : undefined,
  )
  if (descr === undefined || order === undefined || axes === undefined)
    throw malformed(name, 'a header with descr, fortran_order and shape', showValue(text.trim()))
  const shape = axes.split(',').flatMap((axis) => (axis.trim() === '' ? [] : [Number.parseInt(axis, 10)]))
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(sizeOf(shape)))
    throw malformed(name, 'a shape that fits into memory', showShape(shape), 'the file is damaged')
  return { descr, isFortran: order === 'True', shape, start }
}

/** Returns the offsets in bytes at which the text of an NPY file's header starts and ends (exclusive). */
function headerBounds(file: Uint8Array, name: string): readonly [from: number, to: number] {
  const version = file[6] ?? 0
  const from = version === 1 ? 10 : 12
  const isNpy = String.fromCharCode(...file.subarray(0, 6)) === '\x93NUMPY'
  const other = foreignFormat(file, ['npy'])
  if (other) throw malformed(name, 'an NPY file', other.got, other.fix)
  if (!isNpy || version < 1 || version > 3 || file.length < from)
    throw malformed(name, 'an NPY file that starts \\x93NUMPY', 'another')
  const length = headerEnd(file) - from
  if (from + length > file.length || length > 1 << 20)
    throw malformed(name, `a header of ${length} bytes`, `${file.length} in all`, 'it is damaged')
  return [from, from + length]
}

/** Returns the offset after an NPY file's header; the length before its text takes 2 or 4 bytes. */
function headerEnd(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  return file[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
}

/** Reverses the bytes of each element of `width` bytes, in place, to change between byte orders. */
function swap(buffer: ArrayBuffer, width: number): void {
  for (let at = 0; at < buffer.byteLength; at += width) new Uint8Array(buffer, at, width).reverse()
}

/**
 * Encodes an array as the bytes that NumPy would write to an NPY file.
 *
 * @throws {ArgumentError} when the shape does not match the number of elements.
 */
export const encodeNpy = (array: NpyArray): Uint8Array => npyBytes('encodeNpy', array)

/** Encodes an array like `encodeNpy`. @param who name of the caller in errors */
export function npyBytes(who: string, array: NpyArray): Uint8Array {
  const { shape, data } = Object(array) as NpyArray
  const kind = Object.entries(kinds).find(([, type]) => data instanceof type)?.[0]
  if (kind === undefined || !Array.isArray(shape)) {
    const fix = 'such as { shape: [2], data: Float32Array.of(1, 2) }'
    throw mismatch(who, 'a shape, and data in a typed array', array, fix)
  }
  if (sizeOf(shape) !== data.length) {
    throw mismatch(who, `${sizeOf(shape)} numbers for ${showShape(shape)}`, data.length)
  }
  const width = data.BYTES_PER_ELEMENT
  const descr = `${width === 1 ? '|' : '<'}${kind}`
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const bytes = new Uint8Array(10 + length + data.byteLength)
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, length & 255, length >> 8])
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length)
  return bytes
}
