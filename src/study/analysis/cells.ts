import type { Goal } from '../../schedule/index.ts'
import { groupedBy, keyOf, only } from '../settings.ts'
import type { Cell, Finished } from './findings.ts'
import { bootstrap } from './statistics.ts'

/** Finished trials in cells: one for each combination of settings and round, over seeds, judged by `metric`. */
export const cellsOf = (finished: readonly Finished[], metric: string): Cell[] =>
  [...groupedBy(finished, ({ settings, steps, rung }) => `${keyOf(settings)} ${rung} ${steps}`).values()].map(
    (trials) => cellOf(trials, metric),
  )

function cellOf(trials: readonly Finished[], metric: string): Cell {
  const { settings, steps, rung } = trials[0]!
  const scores = Object.fromEntries(
    trials.flatMap(({ seed, result }) => {
      const score = result.status === 'done' ? result.metrics[metric] : undefined
      return score === undefined || !Number.isFinite(score) ? [] : [[seed, score]]
    }),
  )
  const values = Object.values(scores)
  return {
    settings,
    steps,
    rung,
    scores,
    ...(values.length > 0 && { score: bootstrap(values) }),
    diverged: statusCount(trials, 'diverged'),
    failed: statusCount(trials, 'failed'),
  }
}

/** The number of trials that ended with a status. */
export const statusCount = (finished: readonly Finished[], status: Finished['result']['status']): number =>
  finished.filter(({ result }) => result.status === status).length

/** A cell whose every seed finished, so that it may be recommended. */
export type Scored = Cell & Required<Pick<Cell, 'score'>>

export const isScored = (cell: Cell): cell is Scored =>
  cell.score !== undefined && cell.diverged + cell.failed === 0

/** A score as a loss: lower is better. */
export const asLoss = (score: number, goal: Goal): number => (goal === 'max' ? -score : score)

/** The cells whose every seed finished, best first. */
export const ranked = (cells: readonly Cell[], goal: Goal): Scored[] =>
  cells.filter(isScored).sort((a, b) => asLoss(a.score.value, goal) - asLoss(b.score.value, goal))

/** The best cell whose every seed finished, if any. */
export const bestOf = (cells: readonly Cell[], goal: Goal): Scored | undefined => ranked(cells, goal)[0]

/** The best cell of each combination of these factors. */
export const bestOfEach = (cells: readonly Cell[], factors: readonly string[], goal: Goal): Scored[] =>
  agreeingIn(cells, factors).flatMap((group) => bestOf(group, goal) ?? [])

/** Cells in groups whose settings of these factors are the same. */
export const agreeingIn = <C extends Pick<Cell, 'settings'>>(
  cells: readonly C[],
  factors: readonly string[],
): C[][] => [...groupedBy(cells, ({ settings }) => keyOf(only(settings, factors))).values()]
