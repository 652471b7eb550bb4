import { type Data, type DType, toData } from '../core/dtype.ts'
import { fromBfloat16, fromFloat16 } from '../core/half.ts'
import { malformed } from '../core/mismatch.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { DataType, type TensorProto } from './messages.ts'
import { external } from './proto.ts'

/** A constant as a file has it; its numbers are read by `readFileTensor`. */
export interface FileTensor extends TensorProto {
  readonly name: string
  readonly dims: bigint[]
  /** Whether the file's exporter is known to have had no variable here. @default false */
  readonly isFixed?: boolean
}

/** Numbers of a constant. */
export interface TensorValue {
  readonly shape: Shape
  readonly dtype: DType
  readonly data: Data
}

/** Returns the bytes that another file holds at an offset. */
export type OutsideBytes = (file: string, offset: number, length: number) => Uint8Array

type NumberField = 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data'

/** How numbers of a type are stored: bytes each, the list for numbers that are no raw bytes, and a reader of bytes. */
interface Storage {
  readonly dtype: DType
  readonly width: number
  readonly field: NumberField
  readonly read: (buffer: ArrayBuffer) => Data
}

const storages: Readonly<Record<number, Storage>> = {
  [DataType.FLOAT]: { dtype: 'float32', width: 4, field: 'floatData', read: (b) => new Float32Array(b) },
  [DataType.DOUBLE]: { dtype: 'float64', width: 8, field: 'doubleData', read: (b) => new Float64Array(b) },
  [DataType.INT32]: { dtype: 'int32', width: 4, field: 'int32Data', read: (b) => new Int32Array(b) },
  [DataType.INT64]: { dtype: 'int64', width: 8, field: 'int64Data', read: (b) => new BigInt64Array(b) },
  [DataType.BOOL]: { dtype: 'bool', width: 1, field: 'int32Data', read: (b) => new Uint8Array(b) },
  [DataType.FLOAT16]: {
    dtype: 'float32',
    width: 2,
    field: 'int32Data',
    read: (b) => fromFloat16(new Uint16Array(b)),
  },
  [DataType.BFLOAT16]: {
    dtype: 'float32',
    width: 2,
    field: 'int32Data',
    read: (b) => fromBfloat16(new Uint16Array(b)),
  },
}

/** Returns the element type in which ONNX's type `code` is read; undefined if none is: float16 is read as float32. */
export const dtypeOf = (code: number): DType | undefined =>
  Object.hasOwn(storages, code) ? storages[code]!.dtype : undefined

/** Returns the name of an ONNX element type: `uint8`. */
export const typeName = (code: number): string =>
  Object.entries(DataType)
    .find(([, value]) => value === code)?.[0]
    .toLowerCase() ?? `type ${code}`

/** Returns the shape of a constant. @throws {FormatError} when a size is negative, or there are too many numbers. */
export function shapeOfTensor({ name, dims }: FileTensor, who: string): Shape {
  const shape = dims.map(Number)
  if (shape.length <= 64 && shape.every((n) => n >= 0) && sizeOf(shape) < 2 ** 53) return shape
  throw malformed(who, `a shape for ${name || 'a constant'}`, showShape(shape), 'the file is damaged')
}

/**
 * Returns a copy of a constant's numbers. The number that the shape asks for is compared with the bytes before memory
 * is allocated.
 *
 * @throws {FormatError} when the file is damaged, or the element type is none of those that are read.
 */
export function readFileTensor(tensor: FileTensor, who: string, outside?: OutsideBytes): TensorValue {
  const { name, dataType = 0, rawData } = tensor
  const shape = shapeOfTensor(tensor, who)
  const storage = Object.hasOwn(storages, dataType) ? storages[dataType] : undefined
  const label = name || 'a constant'
  if (storage === undefined) {
    throw malformed(who, `${label} as float, int32, int64 or bool`, typeName(dataType))
  }
  const size = sizeOf(shape)
  const check = (got: number): void => {
    if (got === size) return
    throw malformed(who, `${size} numbers for ${label} ${showShape(shape)}`, got, 'the file is damaged')
  }
  const { dtype, width, field, read } = storage
  const isOutside = tensor.dataLocation === external
  const raw = isOutside ? outsideOf(tensor, size * width, who, outside) : rawData
  if (raw) {
    check(raw.length / width)
    return { shape, dtype, data: read(new Uint8Array(raw).buffer) } // a copy, which may begin anywhere
  }
  const listed = tensor[field] ?? []
  check(listed.length)
  const data = width === 2 ? read(Uint16Array.from(listed, Number).buffer) : toData(dtype, listed)
  return { shape, dtype, data }
}

function outsideOf(tensor: FileTensor, length: number, who: string, outside?: OutsideBytes): Uint8Array {
  const entries = new Map((tensor.externalData ?? []).map(({ key = '', value = '' }) => [key, value]))
  const file = entries.get('location') ?? ''
  if (!outside) {
    throw malformed(
      who,
      `${tensor.name} in the file`,
      `it in ${file}`,
      'give the path of the file in Node.js',
    )
  }
  const [offset, got] = [Number(entries.get('offset') ?? 0), Number(entries.get('length') ?? length)]
  if (got !== length) throw malformed(who, `${length} bytes for ${tensor.name}`, got, 'the file is damaged')
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw malformed(who, `an offset for ${tensor.name}`, offset, 'the file is damaged')
  }
  return outside(file, offset, length)
}
