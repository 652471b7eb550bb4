import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { add, mul } from './arithmetic.ts'
import { erf } from './erf.ts'
import { tanh } from './sigmoid.ts'

export const geluOptions = {
  /** `'none'` for the exact function, `'tanh'` for an approximation with errors below 5e-4. @default 'none' */
  approximate: choice(['none', 'tanh'], 'none'),
}
export interface GeluOptions extends OptionsOf<typeof geluOptions> {}

/**
 * `x · Φ(x)`, where Φ is the cumulative distribution function of the standard normal distribution.
 *
 *     'none': x/2 · (1 + erf(x/√2))    'tanh': x/2 · (1 + tanh(√(2/π) · (x + 0.044715x³)))
 *
 * Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
 */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  const { approximate } = readOptions('gelu', geluOptions, options)
  const half = mul(x, 0.5)
  if (approximate === 'none') return mul(half, add(erf(mul(x, Math.SQRT1_2)), 1))
  const cubic = add(x, mul(mul(x, mul(x, x)), 0.044715))
  return mul(half, add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}
