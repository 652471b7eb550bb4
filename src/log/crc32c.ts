/** CRC-32C of each byte value, lowest bit first: so the polynomial 0x1edc6f41 is reversed to 0x82f63b78. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

/** Returns the CRC-32C (Castagnoli) of bytes. Source: https://www.rfc-editor.org/rfc/rfc3720, B.4. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (let i = 0; i < bytes.length; i++) rest = table[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8)
  return (rest ^ 0xffffffff) >>> 0
}
