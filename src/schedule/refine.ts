import { mismatch } from '../core/mismatch.ts'
import { number } from '../core/options.ts'
import { table } from './points.ts'
import type { Schedule } from './schedule.ts'

const positive = number({ above: 0 })

/**
 * Returns a learning rate schedule for a next run, computed from the gradient norms ‖gₜ‖ of an earlier run.
 *
 *     value(t) = initial · wₜ · Σ_{p > t} wₚ / (T · w̄²)     wₜ = 1 / ‖gₜ‖², w̄ their mean, T their number
 *
 * Equal norms yield linear decay, initial · (1 − (t + 1) / T); norms that grow towards the end yield faster
 * decay. The paper smooths the norms with a median filter first. If batch normalization follows the layers,
 * weight decay shrinks their weights and so makes the gradient norms grow: pass ‖g‖ · ‖weights‖ instead.
 *
 * @param gradientNorms one number > 0 per step, or one per group of equally many steps
 * Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831, algorithm 1, scaled to equal linear decay for
 * equal norms.
 */
export function refine(initial: number, gradientNorms: readonly number[]): Schedule {
  if (!Array.isArray(gradientNorms))
    throw mismatch('schedule.refine', 'a list of gradient norms', gradientNorms)
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
