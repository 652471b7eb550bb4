import { type Random, random } from '../../core/random.ts'
import { factorValues } from '../factor.ts'
import { keyOf } from '../settings.ts'
import { type Asked, type Known, meanScore, type Space, withSeeds } from './design.ts'
import { continuous, type Density, discrete } from './parzen.ts'
import { distinct, pointsOf, type Sample, settingsAt } from './sample.ts'

/** Number of initial combinations, chosen without regard to results. */
const startup = 8
/** Number of combinations chosen at once from the same results, so that workers can run them in parallel. */
const batch = 4
/** Fraction of the tried combinations, those with the best scores, that count as good. */
const gamma = 0.25
/** Number of random candidates from which the most promising one is chosen as the next combination to try. */
const draws = 24

/**
 * Chooses combinations near good ones by a tree-structured Parzen estimator (TPE), and returns their trials.
 *
 *     next = the x with the greatest l(x) / g(x) among 24 draws from l
 *
 * Here l is the density of the combinations whose mean score is in the best quarter, and g the density of the
 * others; both are products of one density per factor. The first eight combinations are a Halton sequence; the
 * rest are chosen in batches of four, each from the results of all earlier batches. The choice does not depend
 * on the order in which trials finish, so that a resumed study continues as if it had not stopped.
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
    const isFirst = chosen.length < startup
    const next: Sample[] = []
    while (next.length < (isFirst ? startup : batch) && chosen.length + next.length < count) {
      const source = random(space.seed, 'tpe', chosen.length + next.length)
      const sample: Sample = isFirst
        ? start.next().value
        : (bestDraw(space, chosen, scores, seen, source) ?? unseen(start, seen))
      seen.add(keyOf(sample.settings))
      next.push(sample)
    }
    const trials = next.map(({ settings }) => withSeeds(space, settings, space.stepsOf(settings)))
    asked.push(...trials.flat())
    const found = trials.map((group) => meanScore(space, group, known))
    if (found.includes(undefined)) break
    chosen.push(...next)
    scores.push(...found.map(Number))
  }
  return asked
}

/** Returns the first sample from `start` whose combination of settings is not in `seen`. */
function unseen(start: Generator<Sample>, seen: ReadonlySet<string>): Sample {
  let sample: Sample = start.next().value
  while (seen.has(keyOf(sample.settings))) sample = start.next().value
  return sample
}

/** Returns the new combination with the greatest l/g (see `tpe`) among 24 draws; undefined if none is new. */
function bestDraw(
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
    if (!seen.has(keyOf(sample.settings)) && (best === undefined || ratio > best.ratio)) {
      best = { sample, ratio }
    }
  }
  return best?.sample
}
