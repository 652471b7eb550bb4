import { bytesOf } from '../../core/bytes.ts'
import { foreignFormat } from '../../core/foreign-format.ts'
import { malformed } from '../../core/mismatch.ts'
import { choice, type OptionsOf } from '../../core/options.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import type { Target } from '../arrays.ts'
import { classCount } from '../dataset.ts'
import { unzip, unzipStart } from './gzip.ts'

/** The array in an IDX file (MNIST's format), in row-major order. */
export interface IdxArray {
  readonly shape: Shape
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

const elements = {
  8: { bytes: 1, make: (n: number) => new Uint8Array(n), read: 'getUint8' },
  9: { bytes: 1, make: (n: number) => new Int8Array(n), read: 'getInt8' },
  11: { bytes: 2, make: (n: number) => new Int16Array(n), read: 'getInt16' },
  12: { bytes: 4, make: (n: number) => new Int32Array(n), read: 'getInt32' },
  13: { bytes: 4, make: (n: number) => new Float32Array(n), read: 'getFloat32' },
  14: { bytes: 8, make: (n: number) => new Float64Array(n), read: 'getFloat64' },
} as const

const isElement = (code: number | undefined): code is keyof typeof elements =>
  code !== undefined && code in elements

/**
 * Parses the bytes of an IDX file, MNIST's format for one array, gzipped or not. The file consists of two zero
 * bytes, the element type, the number of axes, the size of each axis as big-endian uint32, and the elements.
 *
 * @param name file name to show in errors
 * @throws {FormatError} when the header is not an IDX header, or the number of bytes does not match it.
 */
export function parseIdx(file: Uint8Array, name: string): IdxArray {
  const { shape, code, start, length } = headerOf(unzipStart(bytesOf('parseIdx', file), name), name)
  const bytes = unzip(file, name, { bytes: Math.max(length, 1), reason: 'more' })
  if (bytes.length !== length)
    throw malformed(name, `${length} bytes for ${showShape(shape)}`, bytes.length, damaged)
  return arrayAt(bytes, { shape, code, start })
}

/**
 * Parses the bytes of several IDX arrays one after another, gzipped or not.
 *
 * @throws {FormatError} unless the file holds exactly `count` arrays.
 */
export function parseIdxArrays(file: Uint8Array, name: string, count: number): readonly IdxArray[] {
  const bytes = unzip(file, name)
  const arrays: IdxArray[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const rest = bytes.subarray(at)
    const { length, ...header } = headerOf(rest, name)
    if (rest.length < length) throw malformed(name, `${length} bytes of array ${i}`, rest.length, damaged)
    arrays.push(arrayAt(rest, header))
    at += length
  }
  if (at !== bytes.length) throw malformed(name, `${at} bytes`, bytes.length, damaged)
  return arrays
}

const damaged = 'the file is truncated or damaged'

/** Returns the array whose header was read. */
function arrayAt(
  bytes: Uint8Array,
  { shape, code, start }: Omit<ReturnType<typeof headerOf>, 'length'>,
): IdxArray {
  const size = sizeOf(shape)
  if (code === 8) return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, size) }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { bytes: width, make, read } = elements[code]
  const data = make(size)
  for (let i = 0; i < size; i++) data[i] = view[read](start + i * width)
  return { shape, data }
}

/** Reads an IDX file's header from its first bytes, and computes how many bytes the whole file must have. */
function headerOf(bytes: Uint8Array, name: string) {
  const [zero, zero2, code, rank] = bytes
  if (zero !== 0 || zero2 !== 0 || !isElement(code) || rank === undefined || bytes.length < 4 + 4 * rank) {
    const other = foreignFormat(bytes, ['idx', 'gzip'])
    if (other) throw malformed(name, 'an IDX file', other.got, other.fix)
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw malformed(name, 'an IDX file that starts 00 00 08', start || 'nothing')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const start = 4 + 4 * rank
  return { shape, code, start, length: start + sizeOf(shape) * elements[code].bytes }
}

/** Options for reading images and labels from IDX files. */
export const idxOptions = {
  /** Number of classes, if the second file holds labels. @default 10 */
  classes: classCount,
  /** What the second file holds: labels, or numbers to predict. @default 'labels' */
  target: choice<Target>(['labels', 'numbers'], 'labels'),
  /** Shape of an example's `x`: 'flat' is `[height · width]`, 'image' `[1, height, width]`. @default 'flat' */
  layout: choice(['flat', 'image'], 'flat'),
}

export interface IdxOptions extends OptionsOf<typeof idxOptions> {}
