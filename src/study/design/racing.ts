import { mismatch } from '../../core/mismatch.ts'
import { combinations, combinationsOf } from '../factor.ts'
import type { Settings } from '../trial.ts'
import {
  type Asked,
  type Known,
  meanScore,
  type Racing,
  type Space,
  seedBySeed,
  withSeeds,
} from './design.ts'
import { sample } from './sample.ts'

const withDefaults = (design: Racing) => ({ eta: 3, rungs: 3, ...design })

/** Returns how many of `count` combinations enter the next round of a race: count / eta, rounded up. */
const keptOf = (count: number, eta: number): number => Math.ceil(count / eta)

/** Returns the number of steps of a trial in a round: full-run steps / etaᵏ, where k rounds follow this one. */
function stepsAt(design: Racing, space: Space, settings: Settings, round: number): number {
  const { eta, rungs: rounds } = withDefaults(design)
  const all = space.stepsOf(settings)
  const longest = eta ** (rounds - 1)
  if (Math.round(all / longest) < 1) {
    throw mismatch('study', `${longest} steps or more for a race of ${rounds} rounds`, all)
  }
  return Math.round(all / eta ** (rounds - 1 - round))
}

/**
 * Returns the trials of all rounds up to and including the first unfinished round. The combinations with the best
 * mean scores over seeds enter the next round; a combination with a diverged or failed trial never does.
 *
 * Source: Jamieson & Talwalkar 2016, https://arxiv.org/abs/1502.07943, algorithm 1, with `eta` in place of 2.
 */
export function race(design: Racing, space: Space, known: Known): Asked[] {
  const { eta, rungs } = withDefaults(design)
  const asked: Asked[] = []
  let running = candidatesOf(design, space)
  for (let round = 0; round < rungs; round++) {
    const trials = running.map((one) => withSeeds(space, one, stepsAt(design, space, one, round), round))
    asked.push(...seedBySeed(space, trials))
    const scores = trials.map((group) => meanScore(space, group, known))
    if (scores.includes(undefined)) break
    const ranked = running
      .map((settings, i) => ({ settings, score: scores[i]! }))
      .filter(({ score }) => Number.isFinite(score))
      .sort((a, b) => a.score - b.score)
    running = ranked.slice(0, keptOf(running.length, eta)).map(({ settings }) => settings)
  }
  return asked
}

const candidatesOf = ({ candidates }: Racing, space: Space): readonly Settings[] =>
  candidates === undefined ? combinations(space.factors) : sample('halton', space, candidates)

/** Returns the number of combinations summed over all rounds of a race, assuming that none diverges. */
export function raceLength(design: Racing, { factors }: Space): number {
  const { eta, rungs } = withDefaults(design)
  let [count, total] = [design.candidates ?? combinationsOf(factors), 0]
  for (let round = 0; round < rungs; round++) {
    total += count
    count = keptOf(count, eta)
  }
  return total
}
