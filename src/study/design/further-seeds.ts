import { cellsOf } from '../analysis/cells.ts'
import { comparisonsOf } from '../analysis/comparisons.ts'
import type { Cell, Objective } from '../analysis/findings.ts'
import { looksOf, type Seeds } from '../seeds.ts'
import { keyOf } from '../settings.ts'
import type { Settings } from '../trial.ts'
import type { Asked, Space } from './design.ts'

/**
 * Returns the rule by which a study that looks chooses further trials: both combinations of a comparison that is open
 * get the seeds up to the next look. A function of finished trials alone, so that a resumed study makes the same choice.
 *
 * @param seed the first seed
 * @param factors paths of the factors whose values are compared
 */
export function furtherSeeds(
  seeds: Seeds,
  seed: number,
  factors: readonly string[],
  metric: Objective,
): Pick<Space, 'further'> {
  const looks = looksOf(seeds)
  if (!looks) return {}
  return {
    further(finished) {
      const last = lastRound(cellsOf(finished, metric.name, looks))
      const known = new Map(last.map((cell) => [keyOf(cell.settings), cell]))
      const wanted = new Map<Cell, number>()
      for (const { a, b, open, seeds: common } of comparisonsOf(last, factors, metric, looks)) {
        const next = looks.find((look) => look > common)
        if (!open || next === undefined) continue
        for (const cell of [a, b].map((settings: Settings) => known.get(keyOf(settings))!)) {
          wanted.set(cell, Math.max(next, wanted.get(cell) ?? 0))
        }
      }
      return bySeed(wanted, seed)
    },
  }
}

const lastRound = (cells: readonly Cell[]): Cell[] => {
  const last = Math.max(0, ...cells.map(({ rung }) => rung))
  return cells.filter(({ rung }) => rung === last)
}

/** Returns the trials that cells still need to reach their wanted numbers of seeds, sorted by seed. */
function bySeed(wanted: ReadonlyMap<Cell, number>, first: number): Asked[] {
  const trials = [...wanted].flatMap(([cell, count]) => {
    const trained = Object.keys(cell.scores).length + cell.diverged + cell.failed
    const { settings, steps, rung } = cell
    return Array.from({ length: Math.max(0, count - trained) }, (_, i) => ({
      settings,
      steps,
      rung,
      seed: first + trained + i,
    }))
  })
  return trials.sort((a, b) => a.seed - b.seed)
}
