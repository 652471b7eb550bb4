import type { Goal } from '../../schedule/index.ts'
import { groupedBy, keyOf, only } from '../settings.ts'
import type { Cell, Finished } from './findings.ts'
import { bootstrap, type Range, rangeOf } from './statistics.ts'

/** Groups finished trials into cells: the trials of one combination of settings in one round, one per seed. */
export function cellsOf(finished: readonly Finished[], metric: string): Cell[] {
  const range = rangeOf(metric, valuesOf(finished, metric))
  const groups = groupedBy(finished, ({ settings, steps, rung }) => `${keyOf(settings)} ${rung} ${steps}`)
  return [...groups.values()].map((trials) => cellOf(trials, metric, range))
}

/** Returns all values of a metric in the trials' results; for a loss, also the values of the learning curves. */
function valuesOf(finished: readonly Finished[], metric: string): number[] {
  const isLoss = metric === 'trainLoss' || metric === 'validationLoss'
  const all = finished.flatMap(({ result: { metrics, curve } }) => [
    ...(isLoss ? [metrics.trainLoss, metrics.validationLoss, ...curve.trainLoss] : [metrics[metric]]),
  ])
  return all.filter((value) => value !== undefined && Number.isFinite(value)) as number[]
}

function cellOf(trials: readonly Finished[], metric: string, range: Range): Cell {
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
    ...(values.length > 0 && { score: bootstrap(values, range) }),
    diverged: statusCount(trials, 'diverged'),
    failed: statusCount(trials, 'failed'),
  }
}

/** Returns the number of trials whose result has this status. */
export const statusCount = (finished: readonly Finished[], status: Finished['result']['status']): number =>
  finished.filter(({ result }) => result.status === status).length

/** A cell (trials of one combination of settings, one per seed) in which no trial diverged or failed. */
export type Scored = Cell & Required<Pick<Cell, 'score'>>

export const isScored = (cell: Cell): cell is Scored =>
  cell.score !== undefined && cell.diverged + cell.failed === 0

/** Returns the score as a loss, where lower is better: negated if the goal is to maximize the score. */
export const asLoss = (score: number, goal: Goal): number => (goal === 'max' ? -score : score)

/** Returns the cells (combinations of settings) in which no trial diverged or failed, best score first. */
export const ranked = (cells: readonly Cell[], goal: Goal): Scored[] =>
  cells.filter(isScored).sort((a, b) => asLoss(a.score.value, goal) - asLoss(b.score.value, goal))

/** Returns the best-scoring cell (combination of settings) of those in which no trial diverged or failed. */
export const bestOf = (cells: readonly Cell[], goal: Goal): Scored | undefined => ranked(cells, goal)[0]

/** Groups cells (combinations of settings) by the values of `factors`; returns each group's best cell. */
export const bestOfEach = (cells: readonly Cell[], factors: readonly string[], goal: Goal): Scored[] =>
  agreeingIn(cells, factors).flatMap((group) => bestOf(group, goal) ?? [])

/** Groups cells (combinations of settings): those in one group have the same values of `factors`. */
export const agreeingIn = <C extends Pick<Cell, 'settings'>>(
  cells: readonly C[],
  factors: readonly string[],
): C[][] => [...groupedBy(cells, ({ settings }) => keyOf(only(settings, factors))).values()]
