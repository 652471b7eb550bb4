import { sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { exp, mul, neg, square } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { unary } from './elementwise.ts'
import { clamp } from './extremum.ts'
import { matmul } from './matmul.ts'

/**
 * The error function.
 *
 *     erf x = 2/√π ∫₀ˣ e^(−t²) dt
 */
export function erf(x: Tensor): Tensor {
  const slope = (dy: Tensor): Tensor => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))
  if (x.dtype !== 'float64') return unary('Erf', x, slope)
  return { ...quadrature(x), sources: [x], grad: (dy) => [slope(dy)] }
}

/** Least integer n such that erf x, rounded to float64, is 1 for all x ≥ n. */
const saturated = 6

/**
 * Computes erf in float64, for which ONNX Runtime has no kernel. With t = x·s its integral runs from 0 to 1,
 *
 *     erf x = 2x/√π ∫₀¹ e^(−x²s²) ds
 *
 * and the 24-point Gauss–Legendre rule, as one matrix product, is accurate to the last digits.
 */
function quadrature(x: Tensor): Tensor {
  const inside = clamp(x, -saturated, saturated)
  const rule = gaussLegendre(24)
  const points = rule.points.map((s) => -s * s)
  const weights = rule.weights.map((w) => (2 * w) / Math.sqrt(Math.PI))
  const exponents = constant(points, [1, points.length], 'float64')
  const scaled = constant(weights, [weights.length, 1], 'float64')
  const column = reshape(square(inside), [sizeOf(x.shape), 1])
  const integral = matmul(exp(mul(column, exponents)), scaled)
  return mul(inside, reshape(integral, x.shape))
}

/** Computes the `n`-point Gauss–Legendre rule from 0 to 1: Newton's method finds roots of the polynomial Pₙ. */
function gaussLegendre(n: number): { readonly points: number[]; readonly weights: number[] } {
  const points: number[] = []
  const weights: number[] = []
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    for (let k = 0; k < 6; k++) x -= legendre(n, x).value / legendre(n, x).slope
    points.push((1 + x) / 2)
    weights.push(1 / ((1 - x * x) * legendre(n, x).slope ** 2))
  }
  return { points, weights }
}

/** Returns the Legendre polynomial Pₙ and its derivative at x, by k·Pₖ = (2k − 1)·x·Pₖ₋₁ − (k − 1)·Pₖ₋₂. */
function legendre(n: number, x: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [1, x]
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
  return { value, slope: (n * (x * value - before)) / (x * x - 1) }
}
