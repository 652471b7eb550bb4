import type { Tensor } from '../core/tensor.ts'
import { div, mul, neg } from './arithmetic.ts'
import { unary } from './elementwise.ts'

// Angles are in radians.

/** `sin x`. */
export const sin = (x: Tensor): Tensor => unary('Sin', x, (dy) => mul(dy, cos(x)))
/** `cos x`. */
export const cos = (x: Tensor): Tensor => unary('Cos', x, (dy) => neg(mul(dy, sin(x))))
/** `tan x`, computed as sin x / cos x: ONNX Runtime has no tangent in float64. */
export const tan = (x: Tensor): Tensor => div(sin(x), cos(x))
