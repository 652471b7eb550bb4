import { type Random, random } from '../../core/random.ts'
import { factorValues } from '../factor.ts'
import { type Asked, type Known, meanScore, pairs, type Space, trialKey } from './design.ts'
import { continuous, type Density, discrete } from './parzen.ts'
import { distinct, pointsOf, type Sample, settingsAt } from './sample.ts'

/** Combinations before the first that follows from others. */
const startup = 8
/** Combinations that are chosen by the same results, so that workers need not wait for each other. */
const batch = 4
/** The share of combinations that are good. */
const gamma = 0.25
/** How many combinations each is the best of. */
const draws = 24

/**
 * Combinations where good ones were: each is the one, of some drawn from the density of the good, that has the greatest
 * ratio of it to the density of the others. Both are products of a density for each factor.
 *
 *     l(x) = ∏ₐ l(xₐ)    over the combinations whose mean score is in the best quarter, g(x) over the others
 *     next = arg max over 24 draws from l of l(x) / g(x)
 *
 * The first are a Halton sequence. What follows is decided in batches of four, by the batches before: not by which
 * trial happened to be done first, so that a study that was stopped goes on as if it had not been.
 *
 * Source: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4.
 */
export function tpe(space: Space, count: number, known: Known): Asked[] {
  const asked: Asked[] = []
  const chosen: Sample[] = []
  const scores: number[] = []
  const start = distinct(space, pointsOf('halton', space))
  const seen = new Set<string>()
  while (chosen.length < count) {
    const first = chosen.length < startup
    const next = first ? startup : batch
    const drawn: Sample[] = []
    for (let i = 0; i < next && chosen.length + drawn.length < count; i++) {
      const at = chosen.length + i
      const one = first
        ? start.next().value
        : better(space, chosen, scores, seen, random(space.seed, 'tpe', at))
      const sample: Sample = one ?? unseen(start, seen)
      seen.add(nameOf(sample))
      drawn.push(sample)
    }
    const trials = drawn.map(({ settings }) => pairs(space, settings, space.stepsOf(settings)))
    asked.push(...trials.flat())
    const found = trials.map((pair) => meanScore(space, pair, known))
    if (found.includes(undefined)) break
    chosen.push(...drawn)
    scores.push(...found.map(Number))
  }
  return asked
}

const nameOf = ({ settings }: Sample): string => trialKey({ settings, seed: 0, steps: 0 })

/** The next of a sequence that was not chosen yet. */
function unseen(start: Generator<Sample>, seen: ReadonlySet<string>): Sample {
  let sample: Sample = start.next().value
  while (seen.has(nameOf(sample))) sample = start.next().value
  return sample
}

/** The best of some that were not chosen yet; nothing when all were. */
function better(
  space: Space,
  chosen: readonly Sample[],
  scores: readonly number[],
  seen: ReadonlySet<string>,
  source: Random,
): Sample | undefined {
  const order = chosen.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b)
  const cut = Math.ceil(gamma * order.length)
  const densities = (some: readonly number[]): readonly Density[] =>
    Object.entries(space.factors).map(([path, factor], axis) => {
      const at = some.map((i) => chosen[i]!.point[axis]!)
      const values = factorValues(path, factor)
      return values ? discrete(at, values.length) : continuous(at)
    })
  const [good, others] = [densities(order.slice(0, cut)), densities(order.slice(cut))]
  let best: { readonly sample: Sample; readonly ratio: number } | undefined
  for (let draw = 0; draw < draws; draw++) {
    const point = good.map((density) => density.draw(source))
    const ratio = point.reduce(
      (sum, x, axis) => sum + Math.log(good[axis]!.at(x)) - Math.log(others[axis]!.at(x)),
      0,
    )
    const sample = { point, settings: settingsAt(space, point) }
    if (!seen.has(nameOf(sample)) && (best === undefined || ratio > best.ratio)) best = { sample, ratio }
  }
  return best?.sample
}
