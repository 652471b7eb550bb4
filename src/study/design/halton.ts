import { random } from '../../core/random.ts'

/**
 * Returns a function from i to the i-th point of a randomized Halton sequence in the unit cube with `axes`
 * dimensions. For any n, the first n points fill the cube evenly. Coordinate j of point i is
 *
 *     x_j(i) = Σ_k π_jk(digit k of i in base p_j) · p_j^−(k+1)
 *
 * where digit 0 is the lowest, p_j the j-th prime and π_jk a random permutation of the digits 0 to p_j − 1:
 * without permutations, two coordinates with large primes would be strongly correlated.
 *
 * Sources: Halton 1960, https://doi.org/10.1007/BF01386213; Owen 2017, https://arxiv.org/abs/1706.02808.
 */
export function halton(seed: number, axes: number): (i: number) => readonly number[] {
  const all = primes(axes).map((base, axis) => ({ base, permutations: permutations(seed, axis, base) }))
  return (i) => all.map(({ base, permutations }) => radicalInverse(i, base, permutations))
}

/** Returns one random permutation of 0 … `base` − 1 for each digit that a float64 fraction can resolve. */
function permutations(seed: number, axis: number, base: number): readonly Int32Array[] {
  const digits = Math.ceil(52 / Math.log2(base))
  return Array.from({ length: digits }, (_, k) => random(seed, 'halton', axis, k).permutation(base))
}

function radicalInverse(i: number, base: number, permutations: readonly Int32Array[]): number {
  let [left, unit, sum] = [i, 1 / base, 0]
  for (const permutation of permutations) {
    sum += permutation[left % base]! * unit
    left = Math.floor(left / base)
    unit /= base
  }
  return Math.min(sum, 1 - Number.EPSILON)
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}
