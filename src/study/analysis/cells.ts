import type { Goal } from '../../schedule/index.ts'
import type { Value } from '../trial.ts'
import type { Cell, Finished } from './findings.ts'
import { bootstrap } from './statistics.ts'

/** What tells trials apart but for their seed, as a key. */
export const keyOf = (settings: Readonly<Record<string, Value>>): string =>
  JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Settings without one of the factors, or several. */
export const without = (
  settings: Readonly<Record<string, Value>>,
  ...factors: readonly string[]
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => !factors.includes(factor)))

/** Those of the settings that are of these factors. */
export const only = (
  settings: Readonly<Record<string, Value>>,
  factors: readonly string[],
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => factors.includes(factor)))

/** Items in groups by key, in the order in which keys first come. */
export function groupedBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

/** Finished trials of one combination of settings and one round, over seeds, judged by `metric`. */
export const cellsOf = (finished: readonly Finished[], metric: string): Cell[] =>
  [...groupedBy(finished, ({ settings, steps, rung }) => `${keyOf(settings)} ${rung} ${steps}`).values()].map(
    (trials) => cellOf(trials, metric),
  )

function cellOf(trials: readonly Finished[], metric: string): Cell {
  const { settings, steps, rung } = trials[0]!
  const counted = (status: string): number => trials.filter(({ result }) => result.status === status).length
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
    diverged: counted('diverged'),
    failed: counted('failed'),
  }
}

/** A cell of which every seed was done: one that may be recommended. */
export type Scored = Cell & Required<Pick<Cell, 'score'>>

export const isScored = (cell: Cell): cell is Scored =>
  cell.score !== undefined && cell.diverged + cell.failed === 0

/** The best of the cells of which every seed was done; none if there is none. */
export const bestOf = (cells: readonly Cell[], goal: Goal): Scored | undefined =>
  cells
    .filter(isScored)
    .reduce<Scored | undefined>((best, cell) => (best && !better(cell, best, goal) ? best : cell), undefined)

const better = (a: Scored, b: Scored, goal: Goal): boolean =>
  goal === 'max' ? a.score.value > b.score.value : a.score.value < b.score.value
