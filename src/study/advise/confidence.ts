import type { Belief } from './belief.ts'
import type { Contender } from './contender.ts'

/** How sure a recommendation is, from draws of what is believed of all candidates. */
export interface Confidence {
  /** Probability that no candidate is better than the recommended one by more than `within`. */
  readonly confidence: number
  /** A ratio of scores, such as 0.02 for 2 %: the smallest of 1, 2, 3, 5 and 10 % with a confidence of 90 %; else 10 %. */
  readonly within: number
  /** Standard error of the mean score of the recommended settings over their seeds, as a ratio like `within`. */
  readonly standardError: number
  /** Probability that the recommended settings are better than the experiment as it is; absent if they are the same. */
  readonly better?: number
}

const margins = [0.01, 0.02, 0.03, 0.05, 0.1]

/** Confidence at which a recommendation counts as sure. */
const sure = 0.9

const draws = 2000

/**
 * Factor of the deviations of draws, set on nine of the problems of bench/advise.mjs: with 1, statements of 32 % were right
 * in 68 % of cases, since effects are larger far from the best settings, where many runs are; with 0.6, those of 73 % in 73 %.
 */
const caution = 0.8

/**
 * Returns how sure it is that the recommended one of some candidates, of which one is the experiment as it is, is good.
 *
 * @param seeds number of whole runs of the recommended one
 */
export function confidenceIn(
  belief: Belief,
  candidates: readonly Contender[],
  recommended: Contender,
  seeds: number,
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
  const standardError = belief.noise / Math.sqrt(seeds)
  const within =
    margins.find((margin) => margin >= standardError && sureWithin(margin) >= sure) ?? margins.at(-1)!
  return {
    confidence: sureWithin(within),
    within,
    standardError,
    ...(at !== ownAt && ownAt >= 0 && { better: better / draws }),
  }
}

/** Whether a recommendation is as sure as that, and its own score certain enough to tell such a difference. */
export const isSure = ({ confidence, within, standardError }: Confidence): boolean =>
  confidence >= sure && standardError <= within
