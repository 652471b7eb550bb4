import { crc32c } from './crc32c.ts'

/**
 * Returns bytes encoded as a record of a TFRecord file:
 *
 *     length: uint64 · masked CRC-32C of the length: uint32 · bytes · masked CRC-32C of the bytes: uint32
 *
 * All integers are little-endian. A CRC is masked by rotating it right by 15 bits and adding 0xa282ead8.
 * Source: https://www.tensorflow.org/tutorials/load_data/tfrecord, TFRecords format details.
 */
export function record(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(bytes.length + 16)
  const view = new DataView(framed.buffer)
  view.setBigUint64(0, BigInt(bytes.length), true)
  view.setUint32(8, masked(framed.subarray(0, 8)), true)
  framed.set(bytes, 12)
  view.setUint32(12 + bytes.length, masked(bytes), true)
  return framed
}

function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
