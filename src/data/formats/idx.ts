import { FormatError } from '../../core/errors.ts'
import { choice, integer, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import { unzip } from './gzip.ts'

/** An array of an IDX file: numbers row by row. */
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
 * Parses the bytes of an IDX file, MNIST's format for one array, gzipped or not.
 *
 * Two zero bytes, the element type, the number of axes, a big-endian 32-bit size for each axis, the numbers.
 *
 * @param name of the bytes in messages
 * @throws {FormatError} when the header is not of IDX, or the number of bytes does not fit it.
 */
export function parseIdx(file: Uint8Array, name: string): IdxArray {
  const bytes = unzip(file, name)
  const [zero, zero2, code, rank] = bytes
  if (zero !== 0 || zero2 !== 0 || !isElement(code) || rank === undefined || bytes.length < 4 + 4 * rank) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw new FormatError(`${name}: wanted an IDX file that starts 00 00 08, got ${start || 'nothing'}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const { bytes: width, make, read } = elements[code]
  const start = 4 + 4 * rank
  const size = sizeOf(shape)
  if (bytes.length !== start + size * width) {
    throw new FormatError(
      `${name}: wanted ${start + size * width} bytes for ${showShape(shape)}, got ${bytes.length}; ` +
        'the file is truncated or damaged',
    )
  }
  if (code === 8) return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, size) }
  const data = make(size)
  for (let i = 0; i < size; i++) data[i] = view[read](start + i * width)
  return { shape, data }
}

/** Options of reading labelled images. */
export const idxOptions = {
  /** Number of classes. @default 10 */
  classes: integer({ min: 1 }, 10),
  /** Shape of x: `[height · width]`, or as an image, `[1, height, width]`. @default 'flat' */
  layout: choice(['flat', 'image'], 'flat'),
}

export interface IdxOptions extends OptionsOf<typeof idxOptions> {}

/**
 * Images as bytes, and the other columns of a data set of them.
 *
 * @param name of the labels in messages
 * @throws {FormatError} when counts differ, or a label is outside 0 … classes − 1.
 */
export function labelledImages(
  images: IdxArray,
  labels: IdxArray,
  name: string,
  { classes, layout }: ValuesOf<typeof idxOptions>,
): { bytes: IdxArray['data']; y: Int32Array; shape: Shape; classes: number } {
  const [count, ...size] = images.shape
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FormatError(
      `${name}: wanted ${count} labels, one for each image, got ${showShape(labels.shape)}`,
    )
  }
  const wrong = labels.data.findIndex((label) => label < 0 || label >= classes)
  if (wrong >= 0) {
    throw new FormatError(
      `${name}: wanted labels from 0 to ${classes - 1}, got ${labels.data[wrong]} at example ${wrong}`,
    )
  }
  const image = size.length === 2 ? [1, ...size] : size
  const shape = layout === 'image' ? image : [sizeOf(size)]
  return { bytes: images.data, y: Int32Array.from(labels.data), shape, classes }
}
