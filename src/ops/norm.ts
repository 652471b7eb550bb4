import { ArgumentError } from '../core/errors.ts'
import { resolveAxes } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, div, mul, sqrt, square } from './arithmetic.ts'
import { type KeepDims, reshape, sum } from './broadcast.ts'
import { equal, where } from './compare.ts'
import { max } from './extremum.ts'
import { allAxes } from './reduction.ts'

export interface NormOptions extends KeepDims {
  /** 1 for Σ|x|, 2 (the default) for √Σx², Infinity for max |x|. */
  readonly p?: number
}

/**
 * The p-norm over `axes`, all of them by default. As PyTorch's `linalg.vector_norm`; its slope at 0 is 0.
 *
 * @throws {ArgumentError} when p is not 1, 2 or Infinity.
 */
export function norm(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { p = 2, keepDims = false }: NormOptions = {},
): Tensor {
  if (p === 1) return sum(abs(x), axes, { keepDims })
  if (p === 2) return euclidean(x, axes, keepDims)
  if (p === Number.POSITIVE_INFINITY) return max(abs(x), axes, { keepDims })
  throw new ArgumentError(`norm: wanted p of 1, 2 or Infinity, got ${p}`)
}

function euclidean(x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const along = resolveAxes('norm', axes, x.shape.length)
  const kept = x.shape.map((n, i) => (along.includes(i) ? 1 : n))
  const y: Tensor = {
    ...sqrt(sum(square(x), axes, { keepDims })),
    sources: [x],
    grad: (dy) => {
      const none = equal(y, 0)
      return [mul(x, reshape(where(none, 0, div(dy, where(none, 1, y))), kept))]
    },
  }
  return y
}
