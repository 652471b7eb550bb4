import { mismatch } from '../core/mismatch.ts'
import { table } from './points.ts'
import type { Schedule } from './schedule.ts'

/**
 * The schedule that the gradient norms of an earlier run ask for.
 *
 *     initial · wₜ · Σ_{p > t} wₚ / (T · w̄²)          wₜ = 1 / ‖gₜ‖², T norms, w̄ the mean of w
 *
 * Equal norms give the linear decay initial · (1 − (t + 1) / T); norms that rise towards the end give a faster one.
 * The paper smooths the norms with a median filter first. Under batch normalization with weight decay the norms rise
 * because the weights shrink; there, use ‖g‖ · ‖w‖.
 *
 * @param gradientNorms one number > 0 for each step, or for each of equal groups of steps
 * @throws {ArgumentError} when a norm is not a finite number > 0
 * Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831, algorithm 1, with another scale.
 */
export function refine(initial: number, gradientNorms: readonly number[]): Schedule {
  const bad = gradientNorms.findIndex((norm) => !(norm > 0 && Number.isFinite(norm)))
  if (bad >= 0)
    throw mismatch('schedule.refine', `gradientNorms[${bad}] as a finite number > 0`, gradientNorms[bad])
  const weights = gradientNorms.map((norm) => norm ** -2)
  const total = weights.reduce((sum, w) => sum + w, 0)
  const scale = (initial * weights.length) / (total * total)
  const rates: number[] = []
  let later = 0
  for (const w of weights.toReversed()) {
    rates.push(scale * w * later)
    later += w
  }
  return table(rates.reverse())
}
