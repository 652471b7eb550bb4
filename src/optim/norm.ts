import { constant, node, type Tensor } from '../core/tensor.ts'
import { add, mul, sqrt } from '../ops/arithmetic.ts'
import { greater, where } from '../ops/compare.ts'
import { concat } from '../ops/concat.ts'

// Norms of gradients and weights. They cannot be differentiated.

/** Returns `Σx²` over all elements of a tensor: a scalar or, with `keepDims`, a tensor of as many axes, all of size 1. */
export const squared = (x: Tensor, keepDims: boolean = false): Tensor =>
  node('ReduceSumSquare', {
    inputs: [x],
    attributes: { keepdims: Number(keepDims) },
    shape: keepDims ? x.shape.map(() => 1) : [],
    dtype: x.dtype,
  })

/** Returns the Euclidean norm of a tensor: `√Σx²` over all elements. */
export const tensorNorm = (x: Tensor): Tensor => sqrt(squared(x))

/** Returns the Euclidean norm of several tensors concatenated: `√Σx²` over all their elements. */
export function globalNorm(all: readonly Tensor[]): Tensor {
  const [vectors, others] = [all.filter(isVector), all.filter((x) => !isVector(x))]
  const parts = vectors.length > 0 ? [...others, concat(vectors)] : others
  return sqrt(parts.map((x) => squared(x)).reduce((a, b) => add(a, b)))
}

const isVector = ({ shape }: Tensor): boolean => shape.length === 1

/** Returns the norm of each of a weight's n rows, with shape `[n, 1, …]`; for a vector, its single norm. */
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

/** Returns the elementwise maximum of a and b. */
export const elementMax = (a: Tensor, b: Tensor | number): Tensor => where(greater(a, b), a, b)

/** Returns the elementwise minimum of x and 1, for x ≥ 0. In float32, a hard sigmoid does it as one operator. */
export const atMostOne = (x: Tensor): Tensor =>
  x.dtype === 'float32'
    ? node('HardSigmoid', { inputs: [x], attributes: { alpha: { float: 1 }, beta: { float: 0 } } })
    : where(greater(x, 1), 1, x)

/** Returns the factor of a step: `ratio`, but 1 if either norm is 0, so that a weight of zeros can change. */
export const trusted = (weightNorm: Tensor, stepNorm: Tensor, ratio: Tensor): Tensor =>
  where(greater(mul(weightNorm, stepNorm), 0), ratio, 1)
