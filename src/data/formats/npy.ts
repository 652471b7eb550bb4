import { FormatError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'

/** Array types by NumPy's letter and width of an element. */
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

/** Numbers as NumPy stores them. Booleans are bytes, 0 or 1. */
export type NpyData = (typeof kinds)[keyof typeof kinds]['prototype']

/** An array of an NPY file: numbers row by row. */
export interface NpyArray {
  readonly shape: Shape
  readonly data: NpyData
}

/**
 * Parses the bytes of an NPY file, NumPy's format for one array.
 *
 * Reads every integer, float and boolean type of either byte order; float16 as a Float32Array.
 *
 * @param name of the bytes in messages
 * @throws {FormatError} when they are damaged, or the array is in Fortran's order, structured, of objects,
 *   text, complex numbers or dates.
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
    throw new FormatError(
      `${name}: wanted integers, floats or booleans, got dtype ${descr}; save it with array.astype('float32')`,
    )
  }
  if (body.length !== size * bytes) {
    throw new FormatError(
      `${name}: wanted ${size * bytes} bytes for ${showShape(shape)} of ${descr}, got ${body.length}; ` +
        'the file is truncated or damaged',
    )
  }
  const copy = new Uint8Array(body) // aligned
  if (order === '>') swap(copy, bytes)
  const data = new type(copy.buffer, 0, size)
  return { shape, data: half ? Float32Array.from(data as Uint16Array, fromHalf) : data }
}

interface Header {
  readonly descr: string
  readonly shape: Shape
  /** Offset of the numbers. */
  readonly start: number
}

const magic = '\x93NUMPY'

function parseHeader(file: Uint8Array, name: string): Header {
  const [from, start] = headerBounds(file, name)
  const header = new TextDecoder().decode(file.subarray(from, start))
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const axes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (/'descr':\s*\[/.test(header)) {
    throw new FormatError(
      `${name}: wanted plain numbers, got a structured dtype; save each field as its own array`,
    )
  }
  if (descr === undefined || fortran === undefined || axes === undefined) {
    throw new FormatError(
      `${name}: wanted a header with descr, fortran_order and shape, got ${header.trim()}`,
    )
  }
  const shape = axes.split(',').flatMap((axis) => (axis.trim() === '' ? [] : [Number(axis)]))
  if (fortran === 'True' && shape.length > 1) {
    throw new FormatError(
      `${name}: wanted numbers row by row, got Fortran's order; save it with np.ascontiguousarray(array)`,
    )
  }
  return { descr, shape, start }
}

/** Where the text of the header starts and ends. */
function headerBounds(file: Uint8Array, name: string): readonly [from: number, to: number] {
  const version = file[6] ?? 0
  const from = version === 1 ? 10 : 12 // after a length of 2 or 4 bytes
  const isNpy = String.fromCharCode(...file.subarray(0, 6)) === magic
  if (!isNpy || version < 1 || version > 3 || file.length < from) {
    throw new FormatError(`${name}: wanted an NPY file that starts \\x93NUMPY, got another`)
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (from + length > file.length || length > maxHeader) {
    throw new FormatError(
      `${name}: wanted a header of ${length} bytes, got ${file.length} in all; it is damaged`,
    )
  }
  return [from, from + length]
}

const maxHeader = 1 << 20

/** Reverses the bytes of each element. */
function swap(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse()
}

/** Decodes IEEE 754's binary16. */
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
 * @throws {ArgumentError} when the shape does not fit the numbers.
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
