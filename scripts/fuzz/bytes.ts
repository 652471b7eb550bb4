import type { Draw } from './reader.ts'

/** What was read, by name, for comparison with what another library reads. */
export type Numbers = Readonly<Record<string, readonly number[]>>

/** Encodes an integer in `width` bytes. */
export function littleEndian(value: number, width: 2 | 4 | 8): Buffer {
  const bytes = Buffer.alloc(width)
  if (width === 8) bytes.writeBigUInt64LE(BigInt(value))
  else bytes.writeUIntLE(value, 0, width)
  return bytes
}

/** Integers that lengths and offsets are when they are wrong. */
const lengths = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** Changes some bytes: bits, a length, a cut, bytes put in, or a part twice. */
export function damagedBytes(draw: Draw, bytes: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  const change = draw.below(5)
  if (change === 0) return new Uint8Array(before)
  if (change === 1)
    return joined(
      before,
      draw.list(1 + draw.below(8), () => draw.below(256)),
      after,
    )
  if (change === 2) return joined(before, bytes.subarray(draw.below(at + 1), at), after)
  const copy = new Uint8Array(bytes)
  if (change === 3)
    for (let n = 1 + draw.below(3); n > 0 && copy.length > 0; n--)
      copy[draw.below(copy.length)]! ^= 1 << draw.below(8)
  else copy.set(littleEndian(draw.of(lengths), 4).subarray(0, Math.max(0, copy.length - at)), at)
  return copy
}

/** Joins bytes. */
export const joined = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))
