import type { Tensor } from '../core/tensor.ts'
import { add, mul } from './arithmetic.ts'
import { erf } from './erf.ts'
import { tanh } from './sigmoid.ts'

/**
 * `x · Φ(x)`, where Φ is the share of a normal distribution below x.
 *
 *     none: x/2 · (1 + erf(x/√2))    tanh: x/2 · (1 + tanh(√(2/π) · (x + 0.044715x³)))
 *
 * **Source:** Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
 *
 * @param options.approximate `'none'` by default, as in PyTorch; `'tanh'` is within 5e-4 of it
 */
export function gelu(
  x: Tensor,
  { approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {},
): Tensor {
  const half = mul(x, 0.5)
  if (approximate === 'none') return mul(half, add(erf(mul(x, Math.SQRT1_2)), 1))
  const cubic = add(x, mul(mul(x, mul(x, x)), 0.044715))
  return mul(half, add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}
