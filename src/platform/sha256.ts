import type { Hash } from './platform.ts'

// SHA-256 in blocks of 64 bytes. Source: FIPS 180-4, sections 4.1.2, 5.1.1, 5.3.3 and 6.2.2.

/** Returns the first 32 bits of the fractional parts of a root of the first primes. */
function rootsOfPrimes(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime > 0)) primes.push(n)
  return Int32Array.from(primes, (prime) => (root(prime) % 1) * 2 ** 32)
}

const turned = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits))

let rounds: Int32Array | undefined

/** Adds a block, the 64 bytes of `view` from `at`, to a hash of eight words. `w` is memory for 64 words. */
function addBlock(hash: Int32Array, w: Int32Array, view: DataView, at: number): void {
  rounds ??= rootsOfPrimes(64, Math.cbrt)
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15]!, w[i - 2]!]
    const early = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)
    w[i] = w[i - 16]! + early + w[i - 7]! + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10))
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const chosen = (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g))
    const first = (h + chosen + rounds[i]! + w[i]!) | 0
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i]! += word
}

/** Returns a new SHA-256 hash, computed without the platform's help. */
export function portableSha256(): Hash {
  const hash = rootsOfPrimes(8, Math.sqrt)
  const words = new Int32Array(64)
  const block = new Uint8Array(64)
  const view = new DataView(block.buffer)
  let length = 0
  const add = (bytes: Uint8Array): void => {
    const given = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; ) {
      const used = length % 64
      const taken = Math.min(64 - used, bytes.length - at)
      if (taken === 64) addBlock(hash, words, given, at)
      else block.set(bytes.subarray(at, at + taken), used)
      at += taken
      length += taken
      if (taken < 64 && length % 64 === 0) addBlock(hash, words, view, 0)
    }
  }
  return {
    update(value) {
      const { buffer, byteOffset, byteLength } =
        typeof value === 'string' ? new TextEncoder().encode(value) : value
      add(new Uint8Array(buffer, byteOffset, byteLength))
      return this
    },
    hex() {
      const end = new Uint8Array(9 + ((119 - (length % 64)) % 64))
      end[0] = 0x80
      new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(length) * 8n)
      add(end)
      return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}
