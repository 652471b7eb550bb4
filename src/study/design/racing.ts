import { mismatch } from '../../core/mismatch.ts'
import { combinations, combinationsOf, type Settings } from '../factor.ts'
import { type Asked, type Known, meanScore, pairs, type Racing, type Space } from './design.ts'
import { sample } from './sample.ts'

const shape = ({ eta = 3, rungs = 3 }: Racing): { readonly eta: number; readonly rungs: number } => ({
  eta,
  rungs,
})

/** Of so many candidates, how many go on. */
const kept = (count: number, eta: number): number => Math.ceil(count / eta)

/** The steps of a round: the last has them all, each one before 1/eta of the next. */
function stepsAt(design: Racing, space: Space, settings: Settings, rung: number): number {
  const { eta, rungs } = shape(design)
  const all = space.stepsOf(settings)
  const least = Math.round(all / eta ** (rungs - 1))
  if (least < 1) {
    throw mismatch('study', `${eta ** (rungs - 1)} steps or more for ${rungs} rungs of a race`, all)
  }
  return Math.round(all / eta ** (rungs - 1 - rung))
}

/**
 * The trials of a race, round by round: the next is asked for when all trials of the last are finished. A combination
 * goes on when its mean over seeds is among the best; one that diverged never does.
 *
 * Source: Jamieson & Talwalkar 2016, https://arxiv.org/abs/1502.07943, algorithm 1, with `eta` for its 2.
 */
export function race(design: Racing, space: Space, known: Known): Asked[] {
  const { eta, rungs } = shape(design)
  const asked: Asked[] = []
  let running = starters(design, space)
  for (let rung = 0; rung < rungs; rung++) {
    const trials = running.map((one) => pairs(space, one, stepsAt(design, space, one, rung), rung))
    asked.push(...space.seeds.flatMap((_, i) => trials.map((pair) => pair[i]!)))
    const scores = trials.map((pair) => meanScore(space, pair, known))
    if (scores.includes(undefined)) break
    const ranked = running
      .map((settings, i) => ({ settings, score: scores[i]! }))
      .filter(({ score }) => Number.isFinite(score))
      .sort((a, b) => a.score - b.score)
    running = ranked.slice(0, kept(running.length, eta)).map(({ settings }) => settings)
  }
  return asked
}

const starters = ({ candidates }: Racing, space: Space): readonly Settings[] =>
  candidates === undefined ? combinations(space.factors) : sample('halton', space, candidates)

/** How many combinations all rounds have together, if enough of them come through. */
export function raceLength(design: Racing, { factors }: Space): number {
  const { eta, rungs } = shape(design)
  let [count, total] = [design.candidates ?? combinationsOf(factors), 0]
  for (let rung = 0; rung < rungs; rung++) {
    total += count
    count = kept(count, eta)
  }
  return total
}
