import type { Tensor } from '../core/tensor.ts'
import { abs, add, div, exp, log, mul, sub } from './arithmetic.ts'
import { equal, less, where } from './compare.ts'

// Near 0, 1 + x loses most digits of x. Both functions divide by the x that remains after rounding, so the
// error cancels: Kahan's method, as in Higham 2002, Accuracy and Stability of Numerical Algorithms, section
// 1.14.1.

/** `ln(1 + x)`, accurate near 0; −∞ at −1, NaN below −1. */
export function log1p(x: Tensor): Tensor {
  const u = add(x, 1)
  const left = sub(u, 1)
  const none = equal(left, 0)
  const ratio = div(log(u), where(none, 1, left))
  // For infinite x, ln(1 + x) is x, where the ratio would be ∞/∞.
  const whole = where(less(x, Number.POSITIVE_INFINITY), mul(ratio, x), x)
  return { ...where(none, x, whole), sources: [x], grad: (dy) => [div(dy, add(x, 1))] }
}

/** `eˣ − 1`, accurate near 0. */
export function expm1(x: Tensor): Tensor {
  const u = exp(x)
  const far = sub(u, 1)
  const ln = log(u)
  const near = mul(far, div(x, where(equal(ln, 0), 1, ln)))
  const small = where(equal(ln, 0), x, near)
  return {
    ...where(less(abs(x), 1), small, far),
    sources: [x],
    grad: (dy) => [mul(dy, exp(x))], // not y + 1, which rounds to 0 for very negative x
  }
}
