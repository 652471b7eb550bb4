import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { agreeingIn, bestOfEach, isScored } from './cells.ts'
import type { Cell, Effect, Interaction } from './findings.ts'
import { sumOfSquares } from './statistics.ts'

/**
 * Returns the effect size η² of each factor (varied setting) by itself, largest first: the fraction of the
 * variance of scores that lies between the mean scores of the factor's values.
 *
 *     η² = Σ n(v)·(mean(v) − mean)² / Σ (score − mean)²        sums over values v and over cells
 *
 * A cell is one combination of settings; n(v) cells have the value v. A cell with a diverged or failed trial
 * gets the worst score of the other cells: leaving it out would hide effects of rate and normalization.
 *
 * Source: Fisher 1925, Statistical Methods for Research Workers, chapter 7 (analysis of variance).
 */
export function effectsOf(cells: readonly Cell[], factors: readonly string[], goal: Goal): Effect[] {
  const all = observationsOf(cells, goal)
  return factors
    .map((factor) => ({
      factor,
      share: shareOf(all, [factor]),
      best: bestOfEach(cells, [factor], goal).map(({ settings, score }) => ({
        value: settings[factor]!,
        settings,
        score,
      })),
    }))
    .sort((a, b) => b.share - a.share)
}

/**
 * Returns, for every pair and triple of factors (varied settings), the fraction of the variance of scores that
 * they explain together, beyond what they explain singly or, in a triple, in pairs. Exact if every combination
 * was tried once.
 */
export function interactionsOf(
  cells: readonly Cell[],
  factors: readonly string[],
  goal: Goal,
): Interaction[] {
  const all = observationsOf(cells, goal)
  const own = (set: readonly string[]): number => {
    const smaller = subsets(set).filter(({ length }) => length < set.length)
    return shareOf(all, set) - smaller.reduce((sum, subset) => sum + own(subset), 0)
  }
  return subsets(factors)
    .filter((set) => set.length === 2 || set.length === 3)
    .map((set) => ({ factors: set, share: Math.max(0, own(set)) }))
    .sort((a, b) => b.share - a.share)
}

/** One combination of settings with its score, as input of the analysis of variance. */
interface Observation {
  readonly settings: Cell['settings']
  readonly value: number
}

/** Returns each cell's settings and score (the worst, if a trial diverged or failed); [] if no cell has a score. */
function observationsOf(cells: readonly Cell[], goal: Goal): Observation[] {
  const values = cells.filter(isScored).map(({ score }) => score.value)
  if (values.length === 0) return []
  const worst = values.reduce((a, b) => (goal === 'max' ? Math.min(a, b) : Math.max(a, b)))
  return cells.map((cell) => ({ settings: cell.settings, value: isScored(cell) ? cell.score.value : worst }))
}

/** Groups cells by their values of the factors. Returns the fraction of the scores' variance between groups. */
function shareOf(cells: readonly Observation[], factors: readonly string[]): number {
  if (cells.length < 2) return 0
  const scores = (group: readonly Observation[]): number[] => group.map(({ value }) => value)
  const total = sumOfSquares(scores(cells))
  if (total === 0) return 0
  const centre = meanOf(scores(cells))
  const groups = agreeingIn(cells, factors)
  return groups.reduce((sum, group) => sum + group.length * (meanOf(scores(group)) - centre) ** 2, 0) / total
}

/** Returns every non-empty subset of the factors, each in the order of the argument. */
function subsets([first, ...rest]: readonly string[]): string[][] {
  if (first === undefined) return []
  const others = subsets(rest)
  return [[first], ...others.map((set) => [first, ...set]), ...others]
}
