import type { Belief } from './belief.ts'
import type { Candidate } from './candidate.ts'
import { expected, wholeRuns } from './prior.ts'

/** Decades from the usual rate that the first runs with each of two kinds try. */
const openingRates = [
  [-1, 0, 0.5, 1],
  [-0.5, 0, 0.5, 1],
] as const

/**
 * Returns the first candidates to try, in rounds: the two kinds of which most is expected, each over the whole range of
 * rates. Draws from the belief would keep to rates that suit most problems, and a short run may not tell them apart.
 */
export function openingOf(candidates: readonly Candidate[]): Candidate[][] {
  const kinds = new Map(candidates.map((one) => [one.kind, expected(wholeRuns({ ...one, rate: 0 }), 0)]))
  const best = [...kinds].sort(([, a], [, b]) => a - b).map(([kind]) => kind)
  return openingRates.flatMap((rates, i) => {
    const ofKind = candidates.filter(({ kind }) => kind === best[i])
    const distance = (one: Candidate, rate: number): number => Math.abs(one.rate - rate)
    const near = (rate: number): Candidate =>
      ofKind.reduce((a, b) => (distance(b, rate) < distance(a, rate) ? b : a))
    return ofKind.length === 0 ? [] : [[...new Set(rates.map(near))]]
  })
}

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
 * @param temper factor of the deviations of draws: below 1, good settings are tried again sooner, and fewer others
 *
 * Source: Russo 2020, https://doi.org/10.1287/opre.2019.1911.
 */
export function chosenNext(
  belief: Belief,
  candidates: readonly Candidate[],
  count: number,
  key: string,
  temper: number,
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
