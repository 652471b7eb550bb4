import { ArgumentError } from '../core/errors.ts'
import { random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { constant, scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter } from '../core/variable.ts'
import { add, mul } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { less, where } from './compare.ts'
import { split } from './concat.ts'
import { slice } from './slice.ts'

export interface DropoutOptions {
  /** Another seed draws other masks; 0. */
  readonly seed?: number
  /** Tells layers apart, which draw different masks in one step; ''. */
  readonly layer?: string
}

/**
 * `x` with each element set to 0 with probability `p`, and the others divided by `1 − p`. As PyTorch's `dropout`.
 *
 * The mask is a function of (seed, layer, step, place) alone, so a run that is resumed draws the masks it would have
 * drawn, and K steps in one loop draw those of K single steps. The host hashes (seed, layer, step) to one key a step.
 * The graph makes an n-element mask from two columns a, c of √n and two rows b, d of √n 32-bit numbers, which it
 * mixes with the key:
 *
 *     kept[i, j] = (a[i] + b[j]) · (c[i] + d[j]) mod 2³² < (1 − p) · 2³²
 *
 * That is 4 passes over int32 where a hash of every place takes 9, in operations that every backend has.
 *
 * @param p 0 to 1, or a schedule of it
 * @throws {ArgumentError} when `p` is a number outside [0, 1].
 */
export function dropout(
  x: Tensor,
  p: number | ((step: number) => number),
  { seed = 0, layer = '' }: DropoutOptions = {},
): Tensor {
  if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
    throw new ArgumentError(`dropout: wanted p from 0 to 1, got ${p}; it is the part that is dropped`)
  }
  if (p === 0) return x
  const scheduled = (f: (p: number) => number, dtype: Tensor['dtype']): Tensor =>
    typeof p === 'number'
      ? scalar(f(p), dtype)
      : hyperparameter((step) => f(p(step)), dtype, `${layer || 'dropout'}.p`)
  const kept = less(bits(x.shape, seed, layer), scheduled(thresholdOf, 'int32'))
  return mul(where(kept, x, 0), scheduled(scaleOf, x.dtype))
}

const half = 2 ** 31
/** Of 2³² equally likely signed numbers, the part 1 − p lies below this. */
const thresholdOf = (p: number): number => Math.min(half - 1, Math.round((1 - p) * 2 * half) - half)
const scaleOf = (p: number): number => (p < 1 ? 1 / (1 - p) : 0)

/** A signed 32-bit number for each element of `shape`, every step another. */
function bits(shape: Shape, seed: number, layer: string): Tensor {
  const size = sizeOf(shape)
  const rows = Math.ceil(Math.sqrt(size))
  const columns = Math.ceil(size / Math.max(1, rows))
  const word = (stream: ReturnType<typeof random>): number => Math.floor(stream.uniform(-half, half))
  const source = random(seed, 'dropout', layer)
  const words = Array.from({ length: 2 * (rows + columns) }, () => word(source))
  const drawn = (step: number): number => word(random(seed, 'dropout', layer, step))
  const key = hyperparameter(drawn, 'int32', `${layer || 'dropout'}.key`)
  const mixed = mix(add(constant(words, [words.length], 'int32'), key))
  const [a, b, c, d] = split(mixed, [rows, columns, rows, columns])
  const column = (v: Tensor): Tensor => reshape(v, [rows, 1])
  const grid = mul(add(column(a!), b!), add(column(c!), d!))
  const flat = reshape(grid, [rows * columns])
  return reshape(slice(flat, [[0, size]]), shape)
}

/**
 * `s · (2s + 1)` mod 2³²: a permutation of the 32-bit numbers whose high bits depend on all bits.
 *
 * Source: Rivest, Robshaw, Sidney & Yin 1998, The RC6 block cipher.
 */
const mix = (s: Tensor): Tensor => {
  const one = constant([1], [], 'int32')
  return mul(s, add(add(s, s), one))
}
