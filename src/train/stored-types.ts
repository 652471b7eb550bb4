import type { Data, DType } from '../core/dtype.ts'
import { fromBfloat16, fromFloat16 } from '../core/half.ts'
import { malformed } from '../core/mismatch.ts'

/** How to read an element type of the safetensors format: bytes per element, and the element type it becomes. */
interface Reader {
  readonly bytes: number
  readonly dtype: DType
  /** Converts a buffer to an array of elements. */
  readonly read: (buffer: ArrayBuffer) => Data
}

/** Element types of the safetensors format that can be read, by the format's names for them. */
export const stored = {
  F32: { bytes: 4, dtype: 'float32', read: (buffer) => new Float32Array(buffer) },
  F64: { bytes: 8, dtype: 'float64', read: (buffer) => new Float64Array(buffer) },
  F16: { bytes: 2, dtype: 'float32', read: (buffer) => fromFloat16(new Uint16Array(buffer)) },
  BF16: { bytes: 2, dtype: 'float32', read: (buffer) => fromBfloat16(new Uint16Array(buffer)) },
  I8: { bytes: 1, dtype: 'int32', read: (buffer) => Int32Array.from(new Int8Array(buffer)) },
  I16: { bytes: 2, dtype: 'int32', read: (buffer) => Int32Array.from(new Int16Array(buffer)) },
  I32: { bytes: 4, dtype: 'int32', read: (buffer) => new Int32Array(buffer) },
  I64: { bytes: 8, dtype: 'int64', read: (buffer) => new BigInt64Array(buffer) },
  U8: { bytes: 1, dtype: 'int32', read: (buffer) => Int32Array.from(new Uint8Array(buffer)) },
  U16: { bytes: 2, dtype: 'int32', read: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  U32: { bytes: 4, dtype: 'int64', read: (buffer) => BigInt64Array.from(new Uint32Array(buffer), BigInt) },
  U64: { bytes: 8, dtype: 'int64', read: (buffer) => new BigInt64Array(buffer) },
  BOOL: { bytes: 1, dtype: 'bool', read: (buffer) => new Uint8Array(buffer) },
} as const satisfies Readonly<Record<string, Reader>>

export type StoredType = keyof typeof stored

export const isStored = (code: string): code is StoredType => Object.hasOwn(stored, code)

/**
 * Converts bytes to a typed array of the element type that `code` becomes in memory.
 *
 * @param bytes exactly this tensor's bytes, not a view of a file: ONNX Runtime adds in a different order when data is
 *   not aligned to 16 bytes or more, so sums over a view would round differently
 * @param where file and tensor for error messages
 * @throws {FormatError} when an unsigned integer is beyond 2⁶³ − 1, or a boolean is neither 0 nor 1.
 */
export function elementsIn(bytes: ArrayBuffer, code: StoredType, where: string): Data {
  const data = stored[code].read(bytes)
  if (code === 'U64' && data instanceof BigInt64Array)
    refuse(data, (n) => n < 0n, 'integers below 2^63', where)
  if (code === 'BOOL' && data instanceof Uint8Array) refuse(data, (n) => n > 1, 'booleans as 0 or 1', where)
  return data
}

function refuse<T extends number | bigint>(
  data: ArrayLike<T> & Iterable<T>,
  isWrong: (value: T) => boolean,
  wanted: string,
  where: string,
): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (isWrong(value))
      throw malformed(where, wanted, `${typeof value === 'bigint' ? BigInt.asUintN(64, value) : value}`)
  }
}
