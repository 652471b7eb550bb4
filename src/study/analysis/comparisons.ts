import type { Goal } from '../../schedule/index.ts'
import { bestOf, groupedBy, keyOf, only, type Scored } from './cells.ts'
import type { Cell, Comparison } from './findings.ts'
import { bootstrap, holm, pairedTest } from './statistics.ts'
import { differenceText, metricText, valueText } from './words.ts'

/** What is judged, and which way is better. */
export interface JudgedMetric {
  readonly name: string
  readonly goal: Goal
}

/**
 * The comparisons that a study answers, of each value of a factor at its best setting of the others, seed by seed:
 *
 * - of each factor but the rate: the best value with every other
 * - of the schedule: the same within each normalisation
 *
 * p-values are corrected by Holm's method for every pair of values, not only for those with the best one, for which one that
 * is came out of the same scores. That the best of several settings stands for a value makes its score look a little better
 * than it is; all values have that advantage alike.
 */
export function comparisonsOf(
  cells: readonly Cell[],
  factors: readonly string[],
  metric: JudgedMetric,
): Comparison[] {
  const compared = factors.filter((factor) => factor !== 'lr')
  const within = compared.includes('schedule') && compared.includes('normalization') ? ['normalization'] : []
  const families = compared.flatMap((factor) =>
    within.length > 0 && factor === 'schedule'
      ? [...groupedBy(cells, ({ settings }) => keyOf(only(settings, within))).values()].map((group) =>
          againstBest(group, factor, metric),
        )
      : [againstBest(cells, factor, metric)],
  )
  const found = families.flat()
  // Of k values, k − 1 are compared with the best one.
  const pairs = families.reduce((sum, { length }) => sum + (length * (length + 1)) / 2, 0)
  const adjusted = holm(
    found.map(({ p }) => p),
    pairs,
  )
  return found.map((comparison, i) => ({
    ...comparison,
    adjusted: adjusted[i]!,
    verdict: verdictOf(comparison, adjusted[i]!, metric),
  }))
}

/** A comparison by itself. */
export type Uncorrected = Omit<Comparison, 'adjusted' | 'verdict'>

/** The best cell of the factor's best value with that of each other value. */
function againstBest(cells: readonly Cell[], factor: string, { goal }: JudgedMetric): Uncorrected[] {
  const best = bestOf(cells, goal)
  if (!best) return []
  const groups = groupedBy(cells, ({ settings }) => JSON.stringify(settings[factor]))
  return [...groups].flatMap(([value, group]) => {
    const other = value === JSON.stringify(best.settings[factor]) ? undefined : bestOf(group, goal)
    return other ? compareCells(best, other, factor) : []
  })
}

/** Two cells over the seeds that both have; nothing when they share none. */
export function compareCells(a: Scored, b: Scored, factor: string): Uncorrected[] {
  const seeds = Object.keys(a.scores).filter((seed) => b.scores[seed] !== undefined)
  if (seeds.length === 0) return []
  const differences = seeds.map((seed) => a.scores[seed]! - b.scores[seed]!)
  return [
    {
      a: a.settings,
      b: b.settings,
      factor,
      difference: bootstrap(differences),
      seeds: seeds.length,
      p: pairedTest(differences),
    },
  ]
}

function verdictOf(
  { a, b, factor, difference, seeds }: Uncorrected,
  adjusted: number,
  metric: JudgedMetric,
): string {
  const [first, second] = [a, b].map((settings) => `${factor} ${valueText(settings[factor]!)}`)
  const where =
    factor === 'schedule' && a.normalization !== undefined
      ? ` with normalization ${valueText(a.normalization)}`
      : ''
  const size = differenceText(Math.abs(difference.value), metric.name)
  if (adjusted >= 0.05)
    return `no difference was shown between ${first} and ${second}${where} (${size}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'})`
  const way = difference.value > 0 === (metric.goal === 'max') ? 'better' : 'worse'
  return `${first} is ${way} than ${second}${where} by ${size} of ${metricText(metric.name)}`
}
