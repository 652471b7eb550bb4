import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { add, exp, mul, square, sub } from './arithmetic.ts'
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
  if (approximate === 'none') return exact(x)
  const half = mul(x, 0.5)
  const cubic = add(x, mul(mul(x, mul(x, x)), 0.044715))
  return mul(half, add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}

/**
 * Computes x · Φ(x) with its derivative in closed form, Φ(x) + x·φ(x), where φ is the density of the standard normal
 * distribution: 10 passes over x forward and backward, where the derivatives of the single operators take 15.
 */
function exact(x: Tensor): Tensor {
  const scaled = mul(x, Math.SQRT1_2)
  const error = erf(scaled)
  const standard = (): Tensor => mul(mul(x, 0.5), add(error, 1))
  const below = x.dtype === 'float32' ? halfUp(error) : mul(add(error, 1), 0.5)
  const y = mul(x, below)
  return {
    ...y,
    sources: [x],
    portable: standard,
    grad: (dy) => {
      const density = exp(sub(-Math.log(2 * Math.PI) / 2, square(scaled)))
      return [mul(dy, add(below, mul(x, density)))]
    },
  }
}

/** `(x + 1)/2` in one pass, for x from −1 to 1. */
const halfUp = (x: Tensor): Tensor =>
  node('HardSigmoid', {
    inputs: [x],
    attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } },
    grad: (dy) => [mul(dy, 0.5)],
  })
