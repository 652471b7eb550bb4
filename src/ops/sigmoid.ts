import type { Tensor } from '../core/tensor.ts'
import { div, mul, neg, sub } from './arithmetic.ts'
import { unary } from './elementwise.ts'

// Sigmoid functions, and the smooth activations built from them.

/** `1/(1 + e⁻ˣ)`, from 0 to 1. */
export const sigmoid = (x: Tensor): Tensor => unary('Sigmoid', x, (dy, y) => mul(dy, mul(y, sub(1, y))))

/** `(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)`, from −1 to 1. */
export const tanh = (x: Tensor): Tensor => unary('Tanh', x, (dy, y) => mul(dy, sub(1, mul(y, y))))

/** `ln(1 + e^(βx))/β`, a smooth `max(x, 0)`. Where βx > 20, PyTorch returns x, which is up to 2e-9/β less. */
export function softplus(x: Tensor, beta: number = 1): Tensor {
  if (beta !== 1) return div(softplus(mul(x, beta)), beta)
  return unary('Softplus', x, (dy) => mul(dy, sigmoid(x)))
}

/** `ln sigmoid(x)`, without underflow. */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)))

/** `x · sigmoid(x)`, also known as swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))

/** `x · tanh(ln(1 + eˣ))`. */
export const mish = (x: Tensor): Tensor => mul(x, tanh(softplus(x)))
