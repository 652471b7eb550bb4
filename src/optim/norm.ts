import { constant, node, type Tensor } from '../core/tensor.ts'
import { add, sqrt } from '../ops/arithmetic.ts'
import { greater, where } from '../ops/compare.ts'

// Norms of gradients and weights. None of them can be differentiated.

/** `Σx²` over all elements. */
const sumOfSquares = (x: Tensor): Tensor =>
  node('ReduceSumSquare', { inputs: [x], attributes: { keepdims: 0 }, shape: [], dtype: x.dtype })

/** `√Σx²`. */
export const tensorNorm = (x: Tensor): Tensor => sqrt(sumOfSquares(x))

/** `√Σx²` over several tensors, as if they were one. */
export const globalNorm = (all: readonly Tensor[]): Tensor =>
  sqrt(all.map(sumOfSquares).reduce((a, b) => add(a, b)))

/** The norm of each unit: a row of a weight, or a whole vector. Broadcasts along `x`. */
export function unitNorm(x: Tensor): Tensor {
  if (x.shape.length < 2) return tensorNorm(x)
  const axes = x.shape.map((_, i) => i).slice(1)
  const squares = node('ReduceSumSquare', {
    inputs: [x, constant(axes, [axes.length], 'int64')],
    attributes: { keepdims: 1 },
    shape: x.shape.map((n, i) => (i === 0 ? n : 1)),
    dtype: x.dtype,
  })
  return sqrt(squares)
}

/** The greater of two, element by element. */
export const elementMax = (a: Tensor, b: Tensor | number): Tensor => where(greater(a, b), a, b)

/** The lesser of two, element by element. */
export const elementMin = (a: Tensor, b: Tensor | number): Tensor => where(greater(a, b), b, a)
