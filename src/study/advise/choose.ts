import type { Belief } from './belief.ts'
import type { Contender } from './contender.ts'
import { expected, wholeRuns } from './prior.ts'

/** The first rounds: positions in the list of the kinds of which most is expected, and decades from the usual rate. */
const openings: readonly (readonly (readonly [kind: number, rate: number])[])[] = [
  [
    [0, 0.25],
    [1, 0.25],
    [2, 0.25],
    [0, 0.75],
  ],
  [
    [0, -0.25],
    [1, -0.25],
    [2, -0.25],
    [1, 0.75],
  ],
]

/**
 * Returns the first candidates to try, in rounds: without normalization and with the two that promise most, each over the
 * whole range of rates. Draws from the belief would keep to what suits most problems, and short runs may not tell
 * candidates apart.
 */
export function openingOf(candidates: readonly Contender[]): Contender[][] {
  const promise = (one: Contender): number =>
    one.normalization === 'none' ? Number.NEGATIVE_INFINITY : expected(wholeRuns({ ...one, rate: 0 }), 0)
  const kinds = new Map(candidates.map((one) => [one.kind, promise(one)]))
  const best = [...kinds].sort(([, a], [, b]) => a - b).map(([kind]) => kind)
  const near = (kind: string | undefined, rate: number): Contender[] => {
    const distance = (one: Contender): number => Math.abs(one.rate - rate)
    return candidates.filter((one) => one.kind === kind).sort((a, b) => distance(a) - distance(b))
  }
  return openings.map((round) => [
    ...new Set(round.flatMap(([kind, rate]) => near(best[kind], rate).slice(0, 1))),
  ])
}

/** Number of candidates that are compared jointly: those that may be best. */
const most = 120

/** Number of draws after which a second choice that differs from the first is given up. */
const tries = 20

/** Returns the candidates that may be best by a belief: those of `always`, and up to 120 others. */
export function promising(
  belief: Belief,
  candidates: readonly Contender[],
  always: readonly Contender[] = [],
): Contender[] {
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
  candidates: readonly Contender[],
  count: number,
  key: string,
  temper: number,
): Contender[] {
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
