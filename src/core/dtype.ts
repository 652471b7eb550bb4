/** Type of a tensor's elements. A `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool'

/** Typed array of a tensor's elements, in row-major order. */
export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
}

/** All element types of tensors. */
export const dtypes = Object.keys(arrays) as readonly DType[]

/** Whether a value is the name of an element type. */
export const isDType = (value: unknown): value is DType => dtypes.some((name) => name === value)

/** Returns a new array of `size` zeros for elements of `dtype`. */
export const allocate = (dtype: DType, size: number): Data => new arrays[dtype](size)

/** Returns the numbers as a typed array of `dtype`: rounded to float32, truncated to integers. */
export function toData(dtype: DType, values: ArrayLike<number | bigint>): Data {
  const data = allocate(dtype, values.length)
  for (let i = 0; i < values.length; i++) {
    data[i] = dtype === 'int64' ? BigInt(values[i]!) : Number(values[i]!)
  }
  return data
}

/** Whether `data` is a typed array of the class that stores elements of `dtype`. */
export const holds = (dtype: DType, data: unknown): boolean =>
  arrays[dtype] === (data as object | null | undefined)?.constructor

/** Returns `values` itself if it is a typed array of `dtype`, otherwise its numbers in a new such array. */
export const asData = (dtype: DType, values: ArrayLike<number | bigint>): Data =>
  holds(dtype, values) ? (values as Data) : toData(dtype, values)

/** Whether `data` contains neither NaN nor ±Infinity. */
export function allFinite(data: Data): boolean {
  if (data instanceof BigInt64Array) return true
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false
  return true
}

/** Returns the concatenation of arrays of one class; a single array itself. */
export function joinData(parts: readonly Data[]): Data {
  const [first] = parts
  if (parts.length === 1) return first!
  const all = first!.constructor as new (length: number) => Data
  const whole = new all(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part as never, at)
    at += part.length
  }
  return whole
}
