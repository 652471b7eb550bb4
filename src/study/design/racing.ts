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

const shapeOf = ({ eta = 3, rungs = 3 }: Racing): { readonly eta: number; readonly rounds: number } => ({
  eta,
  rounds: rungs,
})

/** The number of candidates that a round keeps. */
const keptOf = (count: number, eta: number): number => Math.ceil(count / eta)

/** The steps of a round: all in the last, and 1/eta of the next in each before. */
function stepsAt(design: Racing, space: Space, settings: Settings, round: number): number {
  const { eta, rounds } = shapeOf(design)
  const all = space.stepsOf(settings)
  const longest = eta ** (rounds - 1)
  if (Math.round(all / longest) < 1) {
    throw mismatch('study', `${longest} steps or more for a race of ${rounds} rounds`, all)
  }
  return Math.round(all / eta ** (rounds - 1 - round))
}

/**
 * The trials of a race, round by round: the next is planned once all trials of the last are finished.
 * Combinations with the best means over seeds are kept; one that diverged never is.
 *
 * Source: Jamieson & Talwalkar 2016, https://arxiv.org/abs/1502.07943, algorithm 1, with `eta` for its 2.
 */
export function race(design: Racing, space: Space, known: Known): Asked[] {
  const { eta, rounds } = shapeOf(design)
  const asked: Asked[] = []
  let running = candidatesOf(design, space)
  for (let round = 0; round < rounds; round++) {
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

/** The number of combinations over all rounds, if none diverges. */
export function raceLength(design: Racing, { factors }: Space): number {
  const { eta, rounds } = shapeOf(design)
  let [count, total] = [design.candidates ?? combinationsOf(factors), 0]
  for (let round = 0; round < rounds; round++) {
    total += count
    count = keptOf(count, eta)
  }
  return total
}
