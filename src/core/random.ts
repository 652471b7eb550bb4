import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** A stream of random numbers, determined by the keys passed to `random` alone, and equal on every machine. */
export interface Random {
  /** Draws a number from the uniform distribution on `[low, high)`. @default `[0, 1)` */
  uniform(low?: number, high?: number): number
  /** Draws a number from the normal distribution with this mean and standard deviation. @default 0 and 1 */
  normal(mean?: number, std?: number): number
  /** Draws a random permutation of 0 … n − 1 (Fisher–Yates shuffle). */
  permutation(n: number): Int32Array
}

/**
 * Returns the random stream of `keys`, such as `(seed, 'fc1.weight')` or `(seed, 'epoch', 3)`. The stream
 * depends on nothing else, so the order in which weights are created and batches are drawn does not matter.
 *
 * Generator: xoroshiro128+ (Blackman & Vigna 2018), seeded with a 128-bit hash of the keys.
 */
export function random(...keys: readonly (number | string)[]): Random {
  const generator = xoroshiro128plusFromState(hash(JSON.stringify(keys)))
  const uniform = (low = 0, high = 1): number => low + (high - low) * uniformFloat64(generator)
  return {
    uniform,
    // Box & Muller 1958; 1 − u lies in (0, 1], so the logarithm is finite.
    normal: (mean = 0, std = 1) =>
      mean + std * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation: (n) => {
      const order = new Int32Array(n)
      for (let i = 0; i < n; i++) order[i] = i
      for (let i = n - 1; i > 0; i--) {
        const j = below(i + 1, generator)
        const swapped = order[i]!
        order[i] = order[j]!
        order[j] = swapped
      }
      return order
    },
  }
}

/**
 * Draws an integer from 0 to n − 1 without bias, for n from 2 to 2³¹: the remainder of a 32-bit number, except those of
 * the last 2³² mod n numbers. The quotient of float64 numbers is exact enough to be cut, and faster than `%`.
 */
function below(n: number, generator: RandomGenerator): number {
  for (;;) {
    const drawn = generator.next() + 2 ** 31
    const first = ((drawn / n) | 0) * n
    if (first <= 2 ** 32 - n) return drawn - first
  }
}

const encoder = new TextEncoder()

/** Hashes a text to four 32-bit words: FNV-1a from four offset bases, each mixed by MurmurHash3's finalizer. */
function hash(text: string): number[] {
  const bytes = encoder.encode(text)
  return [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((start) => {
    let h = start
    for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return h ^ (h >>> 16)
  })
}
