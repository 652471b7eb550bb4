import { axesOf, broadcast, misfit, showShape, showTensor, sizeOf } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { add } from './arithmetic.ts'
import { reshape, sum, sumTo } from './broadcast.ts'
import { checkFloat } from './elementwise.ts'
import { transpose } from './movement.ts'

/**
 * Matrix product over the last two axes; the leading axes broadcast.
 *
 *     y[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]
 *
 * @param a `[…, m, k]`
 * @param b `[…, k, n]`
 * @returns `[…, m, n]`
 * @throws {ShapeError} when the inner sizes or the types differ, or an operand has fewer than 2 axes.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2)
  const [kOfB, n] = b.shape.slice(-2)
  checkFloat('matmul', a)
  if (m === undefined || k === undefined || n === undefined || k !== kOfB || a.dtype !== b.dtype) {
    throw misfit('matmul', '[…, m, k] × […, k, n] of one type', `${showTensor(a)} × ${showTensor(b)}`)
  }
  if (a.shape.length === 2 && b.shape.length === 2) return gemm(a, b)
  return node('MatMul', {
    inputs: [a, b],
    shape: [...broadcast('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n],
    grad: (dy) => [
      sumTo(matmul(dy, swap(b)), a.shape), // dL/da = dy·bᵀ
      sumTo(matmul(swap(a), dy), b.shape), // dL/db = aᵀ·dy
    ],
  })
}

/** Transposes matrices: swaps the last two axes. */
const swap = (x: Tensor): Tensor => {
  const axes = axesOf(x.shape)
  return transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()])
}

/** Product of two matrices, `a` transposed if `transA`, `b` if `transB`; transposing moves no memory. */
function gemm(a: Tensor, b: Tensor, transA: boolean = false, transB: boolean = false): Tensor {
  return node('Gemm', {
    inputs: [a, b],
    attributes: { transA: Number(transA), transB: Number(transB) },
    shape: [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!],
    grad: (dy) => [
      // With A = op(a) and B = op(b): dL/dA = dy·Bᵀ and dL/dB = Aᵀ·dy.
      transA ? gemm(b, dy, transB, true) : gemm(dy, b, false, !transB),
      transB ? gemm(dy, a, true, transA) : gemm(a, dy, !transA),
    ],
  })
}

/**
 * Affine map of the last axis of `x`. As PyTorch's `nn.functional.linear`.
 *
 *     y = x · weightᵀ + bias
 *
 * @param x `[…, in]`
 * @param weight `[out, in]`
 * @param bias `[out]`, or omitted
 * @returns `[…, out]`
 * @throws {ShapeError} when `in`, `out` or the element types differ.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  checkFloat('linear', x)
  const [out, features] = weight.shape
  if (x.shape.at(-1) !== features || out === undefined || x.dtype !== weight.dtype) {
    const wanted = `[…, ${features}] of ${weight.dtype}`
    throw misfit('linear', wanted, x, `the weight is ${showShape(weight.shape)}`)
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw misfit('linear', `a bias of [${out}]`, bias.shape)
  }
  const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), features!])
  const product = gemm(rows, weight, false, true)
  return reshape(bias ? affine(product, bias) : product, [...x.shape.slice(0, -1), out])
}

/** Merges a Gemm node, `product`, and the addition of `bias` to it into one Gemm node. */
const affine = (product: Tensor, bias: Tensor): Tensor => {
  const [a, b] = product.inputs
  return {
    ...add(product, bias),
    op: 'Gemm',
    inputs: [a!, b!, bias],
    attributes: product.attributes,
    sources: [product, bias],
    grad: (dy) => [dy, sum(dy, [0])],
  }
}
