import { fraction } from '../core/bounds.ts'
import type { DType } from '../core/dtype.ts'
import {
  custom,
  type Hyperparameter,
  integer,
  number,
  type OptionsOf,
  readOptions,
  scheduled,
} from '../core/options.ts'
import { random } from '../core/random.ts'
import { rankHere } from '../core/rank.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { constant, scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter, hyperparameterAt } from '../core/variable.ts'
import { add, mul } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { less, where } from './compare.ts'
import { split } from './concat.ts'
import { slice } from './slice.ts'

/** Declares an option: the probability of dropping an element, a number or a function of the step. */
export const dropProbability = scheduled(number({ min: 0, max: 1 }, 0.5))

const dropoutOptions = {
  /** Seed of the random masks. @default 0 */
  seed: integer({}, 0),
  /** Name of the layer; layers of different names draw different masks. @default '' */
  layer: custom<string>('a text', (value) => typeof value === 'string', ''),
}
export interface DropoutOptions extends OptionsOf<typeof dropoutOptions> {}

/**
 * Sets each element of `x` to 0 with probability `p`, and divides the rest by `1 − p`. As PyTorch's `dropout`.
 *
 * The mask depends only on (seed, layer, step, position) and, of several ranks, the rank: a resumed run draws the same
 * masks, as does a graph that computes several steps. The host hashes (seed, layer, step, rank) to one key per step. The graph computes the
 * mask of n elements from two columns a, c and two rows b, d, each of √n 32-bit numbers mixed with the key:
 *
 *     kept[i, j] = (a[i] + b[j]) · (c[i] + d[j]) mod 2³² < (1 − p) · 2³²
 *
 * This takes 4 passes over int32, where hashing every position takes 9, by operators that every backend has.
 *
 * @param p probability from 0 to 1, or a schedule of that probability
 * @throws {ArgumentError} when `p` is a number outside [0, 1].
 */
export function dropout(x: Tensor, p: Hyperparameter, options?: DropoutOptions): Tensor {
  const { seed, layer } = readOptions('dropout', dropoutOptions, options)
  dropProbability.read('dropout', 'p', p)
  if (p === 0) return x
  const name = `${layer || 'dropout'}.p`
  const kept = less(bits(x.shape, seed, layer), fed(p, thresholdOf, 'int32', name))
  return mul(where(kept, x, 0), fed(p, scaleOf, x.dtype, name))
}

const fed = (p: Hyperparameter, f: (p: number) => number, dtype: DType, name: string): Tensor =>
  typeof p === 'number'
    ? scalar(f(p), dtype)
    : hyperparameter((step) => f(hyperparameterAt(fraction(p, name), step)), dtype, name)

const half = 2 ** 31
/** Returns the threshold such that a fraction 1 − p of all signed 32-bit integers is below it. */
const thresholdOf = (p: number): number => Math.min(half - 1, Math.round((1 - p) * 2 * half) - half)
const scaleOf = (p: number): number => (p < 1 ? 1 / (1 - p) : 0)

/** Returns a random signed 32-bit integer for each element of `shape`, drawn anew in each step. */
function bits(shape: Shape, seed: number, layer: string): Tensor {
  const size = sizeOf(shape)
  const rows = Math.ceil(Math.sqrt(size))
  const columns = Math.ceil(size / Math.max(1, rows))
  const word = (stream: ReturnType<typeof random>): number => Math.floor(stream.uniform(-half, half))
  const source = random(seed, 'dropout', layer)
  const words = Array.from({ length: 2 * (rows + columns) }, () => word(source))
  const rank = rankHere()
  const keys = rank > 0 ? ['rank', rank] : []
  const drawn = (step: number): number => word(random(seed, 'dropout', layer, step, ...keys))
  const key = hyperparameter(drawn, 'int32', `${layer || 'dropout'}.key`)
  const mixed = mix(add(constant(words, [words.length], 'int32'), key))
  const [a, b, c, d] = split(mixed, [rows, columns, rows, columns])
  const column = (v: Tensor): Tensor => reshape(v, [rows, 1])
  const grid = mul(add(column(a!), b!), add(column(c!), d!))
  return reshape(slice(reshape(grid, [rows * columns]), [[0, size]]), shape)
}

/**
 * `s · (2s + 1)` mod 2³²: a permutation of the 32-bit numbers whose high bits depend on all bits of `s`.
 * Source: Rivest, Robshaw, Sidney & Yin 1998, The RC6 block cipher.
 */
const mix = (s: Tensor): Tensor => mul(s, add(add(s, s), scalar(1, 'int32')))
