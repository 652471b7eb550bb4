import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { bestOf, groupedBy, isScored, keyOf, only } from './cells.ts'
import type { Cell, Effect, Interaction } from './findings.ts'
import { sumOfSquares } from './statistics.ts'

/**
 * How much each factor matters by itself, most first: the variance between the means of its values, as a share of that
 * between cells.
 *
 *     η² = Σ n(v)·(meanOf(v) − mean)² / Σ (score − mean)²        over values v of n(v) cells
 *
 * A cell of which a seed diverged or failed counts as the worst of the others: left out, it would hide what the rate and
 * normalisation do.
 *
 * Source: Fisher 1925, Statistical Methods for Research Workers, chapter 7 (analysis of variance).
 */
export function effectsOf(cells: readonly Cell[], factors: readonly string[], goal: Goal): Effect[] {
  const judged = judgedBy(cells, goal)
  return factors
    .map((factor) => ({
      factor,
      share: shareOf(judged, [factor]),
      best: [...groupedBy(cells, ({ settings }) => JSON.stringify(settings[factor])).values()].flatMap(
        (group) => {
          const best = bestOf(group, goal)
          return best ? [{ value: best.settings[factor]!, settings: best.settings, score: best.score }] : []
        },
      ),
    }))
    .sort((a, b) => b.share - a.share)
}

/**
 * How much of the variance between cells two or three factors explain together beyond what fewer of them explain: the
 * share of their joint means less those of every smaller set. Exact where every combination was tried once.
 */
export function interactionsOf(
  cells: readonly Cell[],
  factors: readonly string[],
  goal: Goal,
): Interaction[] {
  const judged = judgedBy(cells, goal)
  const own = (set: readonly string[]): number =>
    shareOf(judged, set) - properSubsets(set).reduce((sum, subset) => sum + own(subset), 0)
  return subsets(factors)
    .filter((set) => set.length === 2 || set.length === 3)
    .map((set) => ({ factors: set, share: Math.max(0, own(set)) }))
    .sort((a, b) => b.share - a.share)
}

interface Judged {
  readonly settings: Cell['settings']
  readonly value: number
}

/** What each cell is worth; nothing when no cell was done. */
function judgedBy(cells: readonly Cell[], goal: Goal): Judged[] {
  const values = cells.filter(isScored).map(({ score }) => score.value)
  if (values.length === 0) return []
  const worst = values.reduce((a, b) => (goal === 'max' ? Math.min(a, b) : Math.max(a, b)))
  return cells.map((cell) => ({ settings: cell.settings, value: isScored(cell) ? cell.score.value : worst }))
}

/** The share of the variance that lies between the groups of cells that agree in these factors. */
function shareOf(cells: readonly Judged[], factors: readonly string[]): number {
  if (cells.length < 2) return 0
  const scores = (group: readonly Judged[]): number[] => group.map(({ value }) => value)
  const total = sumOfSquares(scores(cells))
  if (total === 0) return 0
  const centre = meanOf(scores(cells))
  const groups = groupedBy(cells, ({ settings }) => keyOf(only(settings, factors))).values()
  const between = [...groups].reduce(
    (sum, group) => sum + group.length * (meanOf(scores(group)) - centre) ** 2,
    0,
  )
  return between / total
}

/** Every set of the factors but the empty one, in their order. */
function subsets([first, ...rest]: readonly string[]): string[][] {
  if (first === undefined) return []
  const others = subsets(rest)
  return [[first], ...others.map((set) => [first, ...set]), ...others]
}

const properSubsets = (factors: readonly string[]): string[][] =>
  subsets(factors).filter((set) => set.length < factors.length)
