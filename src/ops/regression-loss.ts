import { number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, div, mul, square, sub } from './arithmetic.ts'
import { clamp } from './extremum.ts'
import { checkAlike, type Reduced, reduced, reductionOptions } from './loss-reduction.ts'

// Losses of numbers against numbers of the same shape. Each throws a ShapeError when the shapes differ.

/** Squared error, `(output − target)²`. As PyTorch's `mse_loss`. */
export function mseLoss(output: Tensor, target: Tensor, options?: Reduced): Tensor {
  const { reduction } = readOptions('mseLoss', reductionOptions, options)
  return reduced(square(error('mseLoss', output, target)), reduction)
}

/** Absolute error, `|output − target|`. As PyTorch's `l1_loss`. */
export function l1Loss(output: Tensor, target: Tensor, options?: Reduced): Tensor {
  const { reduction } = readOptions('l1Loss', reductionOptions, options)
  return reduced(abs(error('l1Loss', output, target)), reduction)
}

const huberOptions = {
  ...reductionOptions,
  /** δ. @default 1 */
  delta: number({ above: 0, max: Infinity }, 1),
}
export interface HuberOptions extends OptionsOf<typeof huberOptions> {}

/**
 * Squared error near the target, absolute error far from it. As PyTorch's `huber_loss`.
 *
 *     e = output − target;    e²/2 where |e| ≤ δ,    δ·(|e| − δ/2) elsewhere
 */
export function huberLoss(output: Tensor, target: Tensor, options?: HuberOptions): Tensor {
  const { delta, reduction } = readOptions('huberLoss', huberOptions, options)
  return reduced(huber(error('huberLoss', output, target), delta), reduction)
}

const smoothL1Options = {
  ...reductionOptions,
  /** β; 0 makes it `l1Loss`. @default 1 */
  beta: number({ min: 0 }, 1),
}
export interface SmoothL1Options extends OptionsOf<typeof smoothL1Options> {}

/** Huber's loss divided by its δ, here called β. As PyTorch's `smooth_l1_loss`. */
export function smoothL1Loss(output: Tensor, target: Tensor, options?: SmoothL1Options): Tensor {
  const { beta, reduction } = readOptions('smoothL1Loss', smoothL1Options, options)
  const e = error('smoothL1Loss', output, target)
  return reduced(beta === 0 ? abs(e) : div(huber(e, beta), beta), reduction)
}

function error(who: string, output: Tensor, target: Tensor): Tensor {
  checkAlike(who, output, target)
  return sub(output, target)
}

/** With c = min(|e|, δ) both pieces are c·(|e| − c/2), and the slope is e clipped to −δ … δ. */
function huber(e: Tensor, delta: number): Tensor {
  const size = abs(e)
  const cut = clamp(size, 0, delta)
  return {
    ...mul(cut, sub(size, mul(cut, 0.5))),
    sources: [e],
    grad: (dy) => [mul(dy, clamp(e, -delta, delta))],
  }
}
