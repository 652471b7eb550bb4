import type { DType } from '../core/dtype.ts'
import type { Variable } from '../core/variable.ts'

const codes: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
}

/**
 * Variables as a safetensors file: PyTorch, and everything else that reads the format, loads them by name.
 *
 * Eight bytes with the header's length, the header as JSON (type, shape and place of each tensor), the numbers, all
 * little-endian. The header is padded so that the numbers start at a multiple of 8.
 *
 * Source: https://huggingface.co/docs/safetensors
 */
export function safetensors(variables: ReadonlyMap<string, Variable>): Uint8Array {
  let end = 0
  const header: Record<string, object> = {}
  for (const [name, { dtype, shape, data }] of variables) {
    const start = end
    end += data.byteLength
    header[name] = { dtype: codes[dtype], shape, data_offsets: [start, end] }
  }
  const text = JSON.stringify(header)
  const json = new TextEncoder().encode(text + ' '.repeat((8 - (text.length % 8)) % 8))
  const file = new Uint8Array(8 + json.length + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  let at = 8 + json.length
  for (const { data } of variables.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}
