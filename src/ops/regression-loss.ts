import { isFloat } from '../core/dtype.ts'
import { number, type OptionsOf, readOptions } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, div, mul, square, sub } from './arithmetic.ts'
import { clamp } from './extremum.ts'
import { checkAlike, type Reduced, reduced, reductionOptions, remedy } from './loss-reduction.ts'

// Losses for regression. Each throws a ShapeError when output and target differ in shape or type.

/** Mean squared error, or another `reduction` of `(output − target)²`. As PyTorch's `mse_loss`. */
export function mseLoss(output: Tensor, target: Tensor, options?: Reduced): Tensor {
  const { reduction } = readOptions('mseLoss', reductionOptions, options)
  return reduced(square(error('mseLoss', output, target)), reduction)
}

/** Mean absolute error, or another `reduction` of `|output − target|`. As PyTorch's `l1_loss`. */
export function l1Loss(output: Tensor, target: Tensor, options?: Reduced): Tensor {
  const { reduction } = readOptions('l1Loss', reductionOptions, options)
  return reduced(abs(error('l1Loss', output, target)), reduction)
}

/** Options of `huberLoss`. */
export const huberOptions = {
  ...reductionOptions,
  /** Absolute error δ above which the loss is linear rather than quadratic. @default 1 */
  delta: number({ above: 0, max: Infinity }, 1),
}
export interface HuberOptions extends OptionsOf<typeof huberOptions> {}

/**
 * Quadratic loss for small errors, linear loss for large errors. As PyTorch's `huber_loss`.
 *
 *     e = output − target, δ = delta:    e²/2 where |e| ≤ δ,    δ·(|e| − δ/2) elsewhere
 */
export function huberLoss(output: Tensor, target: Tensor, options?: HuberOptions): Tensor {
  const { delta, reduction } = readOptions('huberLoss', huberOptions, options)
  return reduced(huber(error('huberLoss', output, target), delta), reduction)
}

/** Options of `smoothL1Loss`. */
export const smoothL1Options = {
  ...reductionOptions,
  /** Absolute error β above which the loss is linear; 0 for the absolute error, `l1Loss`. @default 1 */
  beta: number({ min: 0 }, 1),
}
export interface SmoothL1Options extends OptionsOf<typeof smoothL1Options> {}

/** `huberLoss` with delta = `beta`, divided by `beta`. As PyTorch's `smooth_l1_loss`. */
export function smoothL1Loss(output: Tensor, target: Tensor, options?: SmoothL1Options): Tensor {
  const { beta, reduction } = readOptions('smoothL1Loss', smoothL1Options, options)
  const e = error('smoothL1Loss', output, target)
  return reduced(beta === 0 ? abs(e) : div(huber(e, beta), beta), reduction)
}

function fixForLabels(output: Tensor, target: Tensor): string {
  const fix = remedy(output, target)
  return `if it holds labels of classes, use ops.crossEntropy${fix === undefined ? '' : `; otherwise ${fix}`}`
}

function error(who: string, output: Tensor, target: Tensor): Tensor {
  checkAlike(who, output, target, isFloat(target.dtype) ? undefined : fixForLabels(output, target))
  return sub(output, target)
}

/** Huber loss of errors e: c·(|e| − c/2) with c = min(|e|, δ). Its derivative is e clamped to ±δ. */
function huber(e: Tensor, delta: number): Tensor {
  const size = abs(e)
  const cut = clamp(size, 0, delta)
  return {
    ...mul(cut, sub(size, mul(cut, 0.5))),
    sources: [e],
    grad: (dy) => [mul(dy, clamp(e, -delta, delta))],
  }
}
