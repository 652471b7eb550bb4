import { number } from '../core/options.ts'
import { table } from './points.ts'
import type { Schedule } from './schedule.ts'

const positive = number({ above: 0 })

/**
 * A schedule refined by the gradient norms of an earlier run.
 *
 *     initial · wₜ · Σ_{p > t} wₚ / (T · w̄²)          wₜ = 1 / ‖gₜ‖², T norms, w̄ the mean of w
 *
 * Equal norms give the linear decay initial · (1 − (t + 1) / T); norms that rise towards the end give a faster
 * one. The paper smooths the norms with a median filter first. Under batch normalization with weight decay the
 * norms rise because the weights shrink; there, use ‖g‖ · ‖w‖.
 *
 * @param gradientNorms one number > 0 per step, or per group of equally many steps
 * @throws {ArgumentError} when a norm is not a number > 0
 * Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831, algorithm 1, with another scale.
 */
export function refine(initial: number, gradientNorms: readonly number[]): Schedule {
  for (const [i, norm] of gradientNorms.entries())
    positive.read('schedule.refine', `gradientNorms[${i}]`, norm)
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
