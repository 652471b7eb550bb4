import { custom, type OptionsOf, readOptions } from '../core/options.ts'
import { type Axes, axesOf, resolveAxes, withUnitAxes } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, div, mul, sqrt, square } from './arithmetic.ts'
import { keepDimsOptions, reshape, sum } from './broadcast.ts'
import { equal, where } from './compare.ts'
import { max } from './extremum.ts'

const normOptions = {
  ...keepDimsOptions,
  /** Order of the norm: 1 for Σ|x|, 2 for √Σx², Infinity for max |x|. @default 2 */
  p: custom<number>('1, 2 or Infinity', (p) => p === 1 || p === 2 || p === Infinity, 2),
}
export interface NormOptions extends OptionsOf<typeof normOptions> {}

/**
 * The p-norm over `axes`. As PyTorch's `linalg.vector_norm`. Where the norm is 0, so is its gradient.
 *
 * @param axes all axes if omitted
 */
export function norm(x: Tensor, axes: Axes = axesOf(x.shape), options?: NormOptions): Tensor {
  const { p, keepDims } = readOptions('norm', normOptions, options)
  if (p === 1) return sum(abs(x), axes, { keepDims })
  return p === 2 ? euclidean(x, axes, keepDims) : max(abs(x), axes, { keepDims })
}

function euclidean(x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const kept = withUnitAxes(x.shape, resolveAxes('norm', axes, x.shape.length))
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
