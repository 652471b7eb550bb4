import { malformed, mismatch } from '../../core/mismatch.ts'
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
 * order. float16 becomes a Float32Array.
 *
 * @param name file name to show in errors
 * @throws {FormatError} when the file is damaged, or the array is in column-major (Fortran) order, structured,
 *   or of objects, text, complex numbers or dates.
 */
export function parseNpy(file: Uint8Array, name: string): NpyArray {
  const { descr, shape, start } = parseHeader(file, name)
  const body = file.subarray(start)
  const [, order, kind, width] = /^([<>|=])([a-zA-Z])(\d+)$/.exec(descr) ?? []
  const bytes = Number(width)
  const size = sizeOf(shape)
  const half = `${kind}${width}` === 'f2'
  const type = half ? Uint16Array : kinds[`${kind}${width}` as keyof typeof kinds]
  if (type === undefined || !Number.isSafeInteger(size)) {
    const fix = "save it with array.astype('float32')"
    throw malformed(name, 'integers, floats or booleans', `dtype ${descr}`, fix)
  }
  if (body.length !== size * bytes) {
    const wanted = `${size * bytes} bytes for ${showShape(shape)} of ${descr}`
    throw malformed(name, wanted, body.length, 'the file is truncated or damaged')
  }
  const copy = new Uint8Array(body) // aligned to its elements
  if (order === '>') swap(copy, bytes)
  const data = new type(copy.buffer, 0, size)
  return { shape, data: half ? Float32Array.from(data as Uint16Array, fromHalf) : data }
}

/** Returns type, shape and `start`, the offset in bytes of the first element, from an NPY file's header. */
function parseHeader(file: Uint8Array, name: string) {
  const [from, start] = headerBounds(file, name)
  const header = new TextDecoder().decode(file.subarray(from, start))
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const axes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (/'descr':\s*\[/.test(header))
    throw malformed(name, 'plain numbers', 'a structured dtype', 'save each field as its own array')
  if (descr === undefined || fortran === undefined || axes === undefined)
    throw malformed(name, 'a header with descr, fortran_order and shape', header.trim())
  const shape = axes.split(',').flatMap((axis) => (axis.trim() === '' ? [] : [Number(axis)]))
  if (fortran === 'True' && shape.length > 1) {
    const fix = 'save it with np.ascontiguousarray(array)'
    throw malformed(name, 'numbers row by row', "Fortran's order", fix)
  }
  return { descr, shape, start }
}

/** Returns the offsets in bytes at which the text of an NPY file's header starts and ends (exclusive). */
function headerBounds(file: Uint8Array, name: string): readonly [from: number, to: number] {
  const version = file[6] ?? 0
  const from = version === 1 ? 10 : 12 // the length before the text takes 2 or 4 bytes
  const isNpy = String.fromCharCode(...file.subarray(0, 6)) === '\x93NUMPY'
  if (!isNpy || version < 1 || version > 3 || file.length < from)
    throw malformed(name, 'an NPY file that starts \\x93NUMPY', 'another')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (from + length > file.length || length > 1 << 20)
    throw malformed(name, `a header of ${length} bytes`, `${file.length} in all`, 'it is damaged')
  return [from, from + length]
}

/** Reverses the bytes of each element of `width` bytes, in place, to change between byte orders. */
function swap(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse()
}

/** Converts the 16 bits of a float16 (IEEE 754 binary16) to a number. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/**
 * Encodes an array as the bytes that NumPy would write to an NPY file.
 *
 * @throws {ArgumentError} when the shape does not match the number of elements.
 */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  if (sizeOf(shape) !== data.length) {
    throw mismatch('encodeNpy', `${sizeOf(shape)} numbers for ${showShape(shape)}`, data.length)
  }
  const width = data.BYTES_PER_ELEMENT
  const kind = Object.entries(kinds).find(([, type]) => data instanceof type)![0]
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
