import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, div, mul, square, sub } from './arithmetic.ts'
import { clamp } from './extremum.ts'
import { checkAlike, type Reduced, reduced } from './loss-reduction.ts'

// Losses of numbers against numbers of the same shape. Each throws a ShapeError when the shapes differ.

/** Squared error, `(output − target)²`. As PyTorch's `mse_loss`. */
export function mseLoss(output: Tensor, target: Tensor, { reduction }: Reduced = {}): Tensor {
  checkAlike('mseLoss', output, target)
  return reduced('mseLoss', square(sub(output, target)), reduction)
}

/** Absolute error, `|output − target|`. As PyTorch's `l1_loss`. */
export function l1Loss(output: Tensor, target: Tensor, { reduction }: Reduced = {}): Tensor {
  checkAlike('l1Loss', output, target)
  return reduced('l1Loss', abs(sub(output, target)), reduction)
}

/**
 * Squared error near the target, absolute error far from it. As PyTorch's `huber_loss`.
 *
 *     e = output − target;    e²/2 where |e| ≤ δ,    δ·(|e| − δ/2) elsewhere
 *
 * @param options.delta δ, 1 by default
 * @throws {ArgumentError} when δ is not above 0.
 */
export function huberLoss(
  output: Tensor,
  target: Tensor,
  { delta = 1, reduction }: Reduced & { readonly delta?: number } = {},
): Tensor {
  checkAlike('huberLoss', output, target)
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: wanted delta > 0, got ${delta}`)
  return reduced('huberLoss', huber(sub(output, target), delta), reduction)
}

/**
 * Huber's loss divided by its δ, here called β. As PyTorch's `smooth_l1_loss`.
 *
 * @param options.beta β, 1 by default; 0 makes it `l1Loss`
 * @throws {ArgumentError} when β is below 0.
 */
export function smoothL1Loss(
  output: Tensor,
  target: Tensor,
  { beta = 1, reduction }: Reduced & { readonly beta?: number } = {},
): Tensor {
  checkAlike('smoothL1Loss', output, target)
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1Loss: wanted beta ≥ 0, got ${beta}`)
  const error = sub(output, target)
  return reduced('smoothL1Loss', beta === 0 ? abs(error) : div(huber(error, beta), beta), reduction)
}

/** With c = min(|e|, δ) both pieces are c·(|e| − c/2), and the slope is e cut to −δ … δ. */
function huber(error: Tensor, delta: number): Tensor {
  const size = abs(error)
  const cut = clamp(size, 0, delta)
  return {
    ...mul(cut, sub(size, mul(cut, 0.5))),
    sources: [error],
    grad: (dy) => [mul(dy, clamp(error, -delta, delta))],
  }
}
