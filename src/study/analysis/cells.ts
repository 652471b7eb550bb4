import { meanOf } from '../../core/vector.ts'
import type { Goal } from '../../schedule/index.ts'
import { groupedBy, keyOf, only } from '../settings.ts'
import type { Cell, Estimate, Finished } from './findings.ts'
import { intervalAt } from './judge.ts'
import type { Looks } from './looks.ts'
import { bootstrap, type Range, rangeOf } from './statistics.ts'

/**
 * Groups finished trials into cells: the trials of one combination of settings in one round, one per seed.
 *
 * @param looks numbers of seeds after which the study looks, if it does: cells have at least the first
 */
export function cellsOf(finished: readonly Finished[], metric: string, looks?: Looks): Cell[] {
  const range = rangeOf(metric, valuesOf(finished, metric))
  const seeds = [...new Set(finished.map(({ seed }) => seed))].sort((a, b) => a - b)
  const first = looks && { looks, seeds: new Set(seeds.slice(0, looks[0]!)) }
  const groups = groupedBy(finished, ({ settings, steps, rung }) => `${keyOf(settings)} ${rung} ${steps}`)
  return [...groups.values()].map((trials) => cellOf(trials, metric, range, first))
}

/** Returns all values of a metric in the trials' results; for a loss, also the values of the learning curves. */
function valuesOf(finished: readonly Finished[], metric: string): number[] {
  const isLoss = metric === 'trainLoss' || metric === 'validationLoss'
  const all = finished.flatMap(({ result: { metrics, curve } }) => [
    ...(isLoss ? [metrics.trainLoss, metrics.validationLoss, ...curve.trainLoss] : [metrics[metric]]),
  ])
  return all.filter((value) => value !== undefined && Number.isFinite(value)) as number[]
}

/** Numbers of seeds after which a study looks, and the seeds that all of its combinations have. */
interface FirstLook {
  readonly looks: Looks
  readonly seeds: ReadonlySet<number>
}

function cellOf(trials: readonly Finished[], metric: string, range: Range, first?: FirstLook): Cell {
  const { settings, steps, rung } = trials[0]!
  const scores = Object.fromEntries(
    trials.flatMap(({ seed, result }) => {
      const score = result.status === 'done' ? result.metrics[metric] : undefined
      return score === undefined || !Number.isFinite(score) ? [] : [[seed, score]]
    }),
  )
  const values = Object.values(scores)
  const common = first && Object.keys(scores).filter((seed) => first.seeds.has(Number(seed)))
  return {
    settings,
    steps,
    rung,
    scores,
    ...(values.length > 0 && {
      score: first ? estimateAt(values, range, first.looks) : bootstrap(values, range),
    }),
    ...(common && common.length > 0 && { choice: meanOf(common.map((seed) => scores[seed]!)) }),
    diverged: statusCount(trials, 'diverged'),
    failed: statusCount(trials, 'failed'),
  }
}

/** Returns the mean of scores with the interval that holds at every look, clipped to the range of the metric. */
function estimateAt(values: readonly number[], [least, most]: Range, looks: Looks): Estimate {
  if (values.length < 2) return { value: meanOf(values) }
  const [low, high] = intervalAt(values, looks)
  return { value: meanOf(values), interval: [Math.max(least, low), Math.min(most, high)] }
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

/** Returns the mean score by which a cell is chosen: over the seeds that all cells have. */
const chosenBy = ({ choice, score }: Scored): number => choice ?? score.value

/** Returns the cells (combinations of settings) in which no trial diverged or failed, best score first. */
export const ranked = (cells: readonly Cell[], goal: Goal): Scored[] =>
  cells.filter(isScored).sort((a, b) => asLoss(chosenBy(a), goal) - asLoss(chosenBy(b), goal))

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
