import { node, scalar, type Tensor } from '../core/tensor.ts'
import { log, mul, sub } from './arithmetic.ts'
import { equal, where } from './compare.ts'
import { binary, type Operand } from './elementwise.ts'

/**
 * `aᵇ` with broadcasting; NaN for a negative `a` with a fractional `b`. Its partial derivatives are
 *
 *     ∂/∂a = b·aᵇ⁻¹    ∂/∂b = aᵇ·ln a
 *
 * except that, as in PyTorch, ∂/∂a is 0 where b is 0, and ∂/∂b is 0 where a is 0.
 *
 * @throws {ShapeError} when shapes or types do not fit.
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (typeof a !== 'number' && typeof b === 'number') return powOfNumber(a, b)
  return binary('Pow', a, b, (dy, x, y) => {
    const slope = where(equal(y, 0), 0, mul(y, pow(x, sub(y, 1))))
    const ln = where(equal(x, 0), 0, log(where(equal(x, 0), 1, x)))
    return [mul(dy, slope), mul(dy, mul(pow(x, y), ln))]
  })
}

/** `xⁿ` for a constant n. The derivative needs no logarithm; x⁰ has no gradient, which ends the recursion. */
const powOfNumber = (x: Tensor, n: number): Tensor =>
  node('Pow', {
    inputs: [x, scalar(n, x.dtype)],
    grad: (dy) => [n === 0 ? null : mul(dy, mul(powOfNumber(x, n - 1), n)), null],
  })
