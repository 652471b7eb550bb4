import type { Belief } from './belief.ts'
import type { Contender } from './contender.ts'

/** How sure a recommendation is, from draws of what is believed of all candidates. */
export interface Confidence {
  /** Probability that no candidate is better than the recommended one by more than `within`. */
  readonly confidence: number
  /** A ratio of scores, such as 0.02 for 2 %: the smallest of 1, 2, 3, 5 and 10 % with a confidence of 90 %; else 10 %. */
  readonly within: number
  /** Probability that the recommended settings are better than the experiment as it is; absent if they are the same. */
  readonly better?: number
}

const margins = [0.01, 0.02, 0.03, 0.05, 0.1]

/** Confidence at which a recommendation counts as sure. */
export const sure = 0.9

const draws = 2000

/**
 * Factor of the deviations of draws. Effects of settings on a problem are larger far from the best of them, where most
 * runs are; with 1, statements of 40 % were right in nine of ten cases, on the problems looked at in bench/advise.mjs.
 */
const caution = 0.6

/** Returns how sure it is that the recommended one of some candidates, of which one is the experiment as it is, is good. */
export function confidenceIn(
  belief: Belief,
  candidates: readonly Contender[],
  recommended: Contender,
): Confidence {
  const draw = belief.sampler(candidates, 'confidence', caution)
  const at = candidates.indexOf(recommended)
  const ownAt = candidates.findIndex(({ isOwn }) => isOwn)
  const excess = new Float64Array(draws)
  let better = 0
  for (let i = 0; i < draws; i++) {
    const values = draw()
    excess[i] = values[at]! - Math.min(...values)
    if (values[at]! < values[ownAt]!) better++
  }
  const sureWithin = (margin: number): number =>
    excess.filter((one) => one <= Math.log1p(margin)).length / draws
  const within = margins.find((margin) => sureWithin(margin) >= sure) ?? margins.at(-1)!
  return {
    confidence: sureWithin(within),
    within,
    ...(at !== ownAt && ownAt >= 0 && { better: better / draws }),
  }
}
