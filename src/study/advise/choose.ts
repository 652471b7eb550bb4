import type { Belief } from './belief.ts'
import type { Candidate } from './candidate.ts'

/** Factor of the deviations of draws: below 1, good settings are tried again sooner, and fewer others. */
const temper = 0.5

/** Number of candidates that are compared jointly: those that may be best. */
const most = 120

/** Number of draws after which a second choice that differs from the first is given up. */
const tries = 20

/** Returns the candidates that may be best by a belief: those of `always`, and up to 120 others. */
export function promising(
  belief: Belief,
  candidates: readonly Candidate[],
  always: readonly Candidate[] = [],
): Candidate[] {
  if (candidates.length <= most) return [...candidates]
  const { mean, deviation } = belief.summary(candidates)
  const kept = new Set(always)
  const order = candidates.map((_, i) => i).filter((i) => !kept.has(candidates[i]!))
  const bound = (i: number): number => mean[i]! - deviation[i]!
  order.sort((a, b) => bound(a) - bound(b))
  return [...kept, ...order.slice(0, most).map((i) => candidates[i]!)]
}

/**
 * Chooses `count` candidates to try next, the same one perhaps several times, by top-two Thompson sampling: a candidate
 * is the best of a draw of all values from the belief or, half of the time, of another draw in which another one is best.
 *
 * Source: Russo 2020, https://doi.org/10.1287/opre.2019.1911.
 */
export function chosenNext(
  belief: Belief,
  candidates: readonly Candidate[],
  count: number,
  key: string,
): Candidate[] {
  const draw = belief.sampler(candidates, key, temper)
  const best = (): number => indexOfLeast(draw())
  return Array.from({ length: count }, (_, i) => {
    const first = best()
    if (i % 2 === 0) return candidates[first]!
    for (let k = 0; k < tries; k++) {
      const second = best()
      if (second !== first) return candidates[second]!
    }
    return candidates[first]!
  })
}

const indexOfLeast = (values: Float64Array): number => values.indexOf(Math.min(...values))
