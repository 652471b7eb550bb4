import { expect } from 'vitest'
import { EvenstepError } from '../../src/core/errors.ts'
import { type Random, random } from '../../src/core/random.ts'

/** What becomes of a copy of some bytes. */
type Damage = (bytes: Uint8Array, source: Random) => Uint8Array

const below = (source: Random, n: number): number => Math.floor(source.uniform(0, n))
const spliced = (bytes: Uint8Array, at: number, count: number, put: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + count)]))

/** A range of up to 16 bytes. */
function range(bytes: Uint8Array, source: Random): readonly [from: number, to: number] {
  const from = below(source, bytes.length)
  return [from, Math.min(bytes.length, from + 1 + below(source, 16))]
}

/** Numbers that lengths are when they are wrong. */
const lengths = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x7fffffffffffffffn,
  -1n,
]

function writeLength(bytes: Uint8Array, source: Random): Uint8Array {
  const changed = Uint8Array.from(bytes)
  const width = [1, 2, 4, 8][below(source, 4)]!
  const at = below(source, bytes.length)
  const wide = new Uint8Array(8)
  const little = source.uniform() < 0.5
  new DataView(wide.buffer).setBigInt64(0, BigInt.asIntN(64, lengths[below(source, lengths.length)]!), little)
  const part = little ? wide.subarray(0, width) : wide.subarray(8 - width)
  changed.set(part.subarray(0, bytes.length - at), at)
  return changed
}

const damages: readonly Damage[] = [
  (bytes, source) => {
    const changed = Uint8Array.from(bytes)
    for (let n = 1 + below(source, 3); n > 0; n--)
      changed[below(source, bytes.length)]! ^= 1 << below(source, 8)
    return changed
  },
  (bytes, source) => bytes.slice(0, below(source, bytes.length)),
  (bytes, source) => {
    const put = Uint8Array.from({ length: 1 + below(source, 8) }, () => below(source, 256))
    return spliced(bytes, below(source, bytes.length + 1), 0, put)
  },
  (bytes, source) => {
    const [from, to] = range(bytes, source)
    return spliced(bytes, from, to - from, new Uint8Array(0))
  },
  (bytes, source) => {
    const [from, to] = range(bytes, source)
    return spliced(bytes, to, 0, bytes.slice(from, to))
  },
  (bytes, source) => {
    const [from, to] = range(bytes, source)
    return Uint8Array.from(bytes).fill(source.uniform() < 0.5 ? 0 : 255, from, to)
  },
  writeLength,
]

/**
 * Read a file damaged in many ways: bits flipped; cut; bytes put in, taken out, doubled or overwritten; lengths changed.
 * The same ways each time. Whatever is refused must be refused with an error of ours, in less than a second.
 *
 * @param read reads the file, and fails when what it gives is not what a reader may give
 * @returns how many were refused
 */
export async function damaged(
  file: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  count: number = 1200,
): Promise<number> {
  const source = random('damage')
  let refused = 0
  for (let n = 0; n < count; n++) {
    const bytes = damages[n % damages.length]!(file, source)
    const start = performance.now()
    try {
      await read(bytes)
    } catch (error) {
      if (!(error instanceof EvenstepError)) throw new Error(`damage ${n}: ${error}`, { cause: error })
      refused++
    }
    expect(performance.now() - start, `milliseconds to read damage ${n}`).toBeLessThan(1000)
  }
  return refused
}
