import { bounded } from '../../core/bounds.ts'
import { nameBeside } from '../../core/names.ts'
import { number, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { hyperparameter } from '../../core/variable.ts'
import { add, div, mul, neg, reciprocal, sqrt, sub } from '../../ops/arithmetic.ts'
import type { Normalized } from '../../ops/batch-norm.ts'
import { detach } from '../../ops/detach.ts'
import { maximum, minimum } from '../../ops/extremum.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import type { RunningStatistics } from './running-statistics.ts'

export const renormOptions = {
  /** Upper bound of the scale correction r, and of 1/r. A bound of 1 turns this correction off. @default 3 */
  rMax: schedulable(number({ min: 1, max: Infinity }, 3)),
  /** Upper bound of the shift correction |d|, in standard deviations. A bound of 0 turns it off. @default 5 */
  dMax: schedulable(number({ min: 0, max: Infinity }, 5)),
}
/** Limits on how far batch renormalization corrects a normalized batch towards the running statistics. */
export interface Renorm extends OptionsOf<typeof renormOptions> {}

/** Normalizes a batch by the batch's statistics, then scales it by `weight` and shifts it by `bias`. */
export type Normalize = (weight: Tensor | undefined, bias: Tensor | undefined) => Normalized

/**
 * Batch renormalization: normalizes a batch by its own statistics, then corrects the result towards the running
 * statistics.
 *
 *     r = clip(σ_B/σ, 1/rMax, rMax)    d = clip((μ_B − μ)/σ, −dMax, dMax)
 *     y = γ · (x̂·r + d) + β
 *
 * μ_B and σ_B are the batch's statistics, μ and σ the running ones, with σ = √(variance + ε); x̂ = (x − μ_B)/σ_B. No
 * gradient passes through r and d. Unclipped, x̂·r + d is (x − μ)/σ, as in `eval`.
 *
 * Source: Ioffe 2017, https://arxiv.org/abs/1702.03275, algorithm 1. In the paper, σ is a running average of σ_B;
 * here it is the root of the running variance, so that the state has the same variables as plain batch normalization.
 */
export function renormalize(
  normalize: Normalize,
  { runningMean, runningVar }: RunningStatistics,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
  { rMax, dMax }: ValuesOf<typeof renormOptions>,
): Normalized {
  const [mean, variance] = [runningMean.value, runningVar.value]
  const batch = normalize(undefined, undefined)
  const { dtype } = batch.mean
  const deviation = (variance: Tensor): Tensor => sqrt(add(variance, eps))
  const sigma = deviation(variance)
  const [most, far] = ['rMax', 'dMax'].map((field) => nameBeside(runningMean, field)) as [string, string]
  const factor = hyperparameter(bounded(rMax, most, { min: 1 }), dtype, most, 'rMax')
  const shift = hyperparameter(bounded(dMax, far, { min: 0 }), dtype, far, 'dMax')
  const r = clip(div(deviation(detach(batch.variance)), sigma), reciprocal(factor), factor)
  const d = clip(div(sub(detach(batch.mean), mean), sigma), neg(shift), shift)
  const shifted = weight ? mul(weight, d) : d
  return normalize(weight ? mul(weight, r) : r, bias ? add(bias, shifted) : shifted)
}

const clip = (t: Tensor, low: Tensor, high: Tensor): Tensor => maximum(minimum(t, high), low)
