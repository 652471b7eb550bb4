import { counted } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { valueKey } from '../settings.ts'
import { agreeingIn, asLoss, bestOf, bestOfEach, type Scored } from './cells.ts'
import type { Cell, Comparison, Objective, Verdict } from './findings.ts'
import { intervalAt, mayShow, saysOf } from './judge.ts'
import { type Looks, sequentialP } from './looks.ts'
import { bootstrap, holm, pairedTest } from './statistics.ts'
import { differenceText, metricText, valueText } from './words.ts'

/**
 * Compares the best value of each factor (varied setting) except `lr` with each other value, seed by seed. A
 * value has the scores of its best cell (combination of settings). Schedules are compared per normalization.
 *
 * Holm's correction of the p-values counts every pair of values, not only the pairs compared, since the same
 * scores chose the best value. The score of the best of several cells is slightly optimistic, for all values
 * alike.
 */
export function comparisonsOf(
  cells: readonly Cell[],
  factors: readonly string[],
  metric: Objective,
  looks?: Looks,
): Comparison[] {
  const compared = factors.filter((factor) => factor !== 'lr')
  const families = compared.flatMap((factor) => {
    const within = factor === 'schedule' && compared.includes('normalization') ? ['normalization'] : []
    return agreeingIn(cells, within).map((group) => againstBest(group, factor, metric.goal, looks))
  })
  const found = families.flat()
  // Of k values, k − 1 are compared with the best one.
  const pairs = families.reduce((sum, { length }) => sum + (length * (length + 1)) / 2, 0)
  const adjusted = holm(
    found.map(({ p }) => p),
    pairs,
  )
  return found.map(({ mayShow, ...comparison }, i) => {
    const corrected = { ...comparison, adjusted: adjusted[i]! }
    if (!looks) return { ...corrected, verdict: verdictOf(corrected, metric) }
    const shown = shownBy(corrected, metric.goal)
    const open = shown === 'not shown' && mayShow === true
    return {
      ...corrected,
      shown,
      open,
      verdict: `${saysOf(shown, comparison.seeds)}: ${verdictOf(corrected, metric)}`,
    }
  })
}

/** Returns whether seeds showed the first settings to be better, the second, or neither. */
function shownBy({ difference, adjusted }: Omit<Comparison, 'verdict'>, goal: Goal): Verdict {
  if (adjusted >= 0.05) return 'not shown'
  return asLoss(difference.value, goal) < 0 ? 'shown' : 'shown otherwise'
}

/** A comparison whose p-value is not yet corrected for multiple testing, and whether more seeds might decide it. */
type Uncorrected = Omit<Comparison, 'adjusted' | 'verdict' | 'shown' | 'open'> & {
  readonly mayShow?: boolean
}

/** Compares a factor's best value with each other value, each represented by its best combination of settings. */
function againstBest(cells: readonly Cell[], factor: string, goal: Goal, looks?: Looks): Uncorrected[] {
  const best = bestOf(cells, goal)
  if (!best) return []
  return bestOfEach(cells, [factor], goal)
    .filter(({ settings }) => valueKey(settings[factor]) !== valueKey(best.settings[factor]))
    .flatMap((other) => compareCells(best, other, factor, looks))
}

/** Returns, as a list of one, a comparison of two combinations of settings on their common seeds; [] if none. */
export function compareCells(a: Scored, b: Scored, factor: string, looks?: Looks): Uncorrected[] {
  const seeds = Object.keys(a.scores).filter((seed) => b.scores[seed] !== undefined)
  if (seeds.length === 0) return []
  const differences = seeds.map((seed) => a.scores[seed]! - b.scores[seed]!)
  const p = pairedTest(differences)
  const compared = { a: a.settings, b: b.settings, factor, seeds: seeds.length }
  if (!looks) return [{ ...compared, difference: bootstrap(differences), p }]
  const difference = { value: meanOf(differences), interval: intervalAt(differences, looks) }
  return [{ ...compared, difference, p: sequentialP(looks, p), mayShow: mayShow(differences, looks) }]
}

/** Returns the result of a comparison in words. */
function verdictOf(comparison: Omit<Comparison, 'verdict'>, { name, goal }: Objective): string {
  const { a, b, factor, difference, seeds, adjusted } = comparison
  const [first, second] = [a, b].map((settings) => `${factor} ${valueText(settings[factor]!)}`)
  const within = factor === 'schedule' ? a.normalization : undefined
  const where = within === undefined ? '' : ` with normalization ${valueText(within)}`
  const size = differenceText(Math.abs(difference.value), name)
  if (adjusted >= 0.05) {
    return `no difference was shown between ${first} and ${second}${where} (${size}, ${counted(seeds, 'seed')})`
  }
  const way = difference.value > 0 === (goal === 'max') ? 'better' : 'worse'
  return `${first} is ${way} than ${second}${where} by ${size} of ${metricText(name)}`
}
