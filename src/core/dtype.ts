/** Element types. A `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool'

/** The elements of a tensor, row by row. */
export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

/** A new array of `size` zeros that holds elements of `dtype`. */
export function allocate(dtype: DType, size: number): Data {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size)
    case 'float64':
      return new Float64Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'int64':
      return new BigInt64Array(size)
    case 'bool':
      return new Uint8Array(size)
  }
}

/** `values` as elements of `dtype`: rounded for float32, truncated for integers. */
export function toData(dtype: DType, values: ArrayLike<number | bigint>): Data {
  const data = allocate(dtype, values.length)
  for (let i = 0; i < values.length; i++) {
    data[i] = dtype === 'int64' ? BigInt(values[i]!) : Number(values[i]!)
  }
  return data
}

/** Whether `data` is an array of the type that stores elements of `dtype`. */
export const holds = (dtype: DType, data: unknown): boolean =>
  allocate(dtype, 0).constructor === (data as object | null | undefined)?.constructor

/** Whether no element is NaN or infinite. */
export function allFinite(data: Data): boolean {
  if (data instanceof BigInt64Array) return true
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false
  return true
}
