import { ArgumentError } from '../../core/errors.ts'
import { checkKnown } from '../../core/mismatch.ts'
import { nameBeside } from '../../core/names.ts'
import type { Tensor } from '../../core/tensor.ts'
import { hyperparameter } from '../../core/variable.ts'
import { add, div, mul, neg, reciprocal, sqrt, sub } from '../../ops/arithmetic.ts'
import type { Normalized } from '../../ops/batch-norm.ts'
import { detach } from '../../ops/detach.ts'
import { maximum, minimum } from '../../ops/extremum.ts'
import type { RunningStatistics } from './running-statistics.ts'

/** How far batch renormalization may correct a batch towards the running statistics: numbers, or schedules. */
export interface Renorm {
  /** The greatest factor, ≥ 1; 3. At 1, with `dMax` 0, this is batch normalization. */
  readonly rMax?: number | ((step: number) => number)
  /** The greatest shift in standard deviations, ≥ 0; 5. */
  readonly dMax?: number | ((step: number) => number)
}

/** Normalise a batch, then scale and shift it. */
export type Normalize = (weight: Tensor | undefined, bias: Tensor | undefined) => Normalized

/**
 * Batch renormalization: what the batch's statistics normalised is corrected towards the running ones.
 *
 *     r = clip(σ_B/σ, 1/rMax, rMax)    d = clip((μ_B − μ)/σ, −dMax, dMax)
 *     y = γ · (x̂·r + d) + β            with σ = √(variance + ε), and no gradient through r and d
 *
 * Unclipped, x̂·r + d is `(x − μ)/σ`: training sees what evaluation will.
 *
 * Source: Ioffe 2017, https://arxiv.org/abs/1702.03275, algorithm 1. There σ is the average of σ_B; here it is the
 * root of the running variance, so that the state is that of batch normalization.
 */
export function renormalize(
  normalize: Normalize,
  { runningMean, runningVar }: RunningStatistics,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
  { rMax = 3, dMax = 5 }: Renorm,
): Normalized {
  const [mean, variance] = [runningMean.value, runningVar.value]
  const batch = normalize(undefined, undefined)
  const { dtype } = batch.mean
  const deviation = (variance: Tensor): Tensor => sqrt(add(variance, eps))
  const sigma = deviation(variance)
  const factor = hyperparameter(rMax, dtype, nameBeside(runningMean, 'rMax'), 'rMax')
  const shift = hyperparameter(dMax, dtype, nameBeside(runningMean, 'dMax'), 'dMax')
  const r = clip(div(deviation(detach(batch.variance)), sigma), reciprocal(factor), factor)
  const d = clip(div(sub(detach(batch.mean), mean), sigma), neg(shift), shift)
  const shifted = weight ? mul(weight, d) : d
  return normalize(weight ? mul(weight, r) : r, bias ? add(bias, shifted) : shifted)
}

const clip = (t: Tensor, low: Tensor, high: Tensor): Tensor => maximum(minimum(t, high), low)

/** @throws {ArgumentError} when a clip is out of range, or has another name. */
export function checkRenorm(who: string, renorm: Renorm): void {
  checkKnown(`${who}: renorm`, renorm, { rMax: true, dMax: true })
  const { rMax = 3, dMax = 5 } = renorm
  if (typeof rMax === 'number' && !(rMax >= 1)) {
    throw new ArgumentError(`${who}: wanted renorm.rMax as a number ≥ 1 or a schedule, got ${rMax}`)
  }
  if (typeof dMax === 'number' && !(dMax >= 0)) {
    throw new ArgumentError(`${who}: wanted renorm.dMax as a number ≥ 0 or a schedule, got ${dMax}`)
  }
}
