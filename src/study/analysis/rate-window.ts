import type { Goal } from '../../schedule/index.ts'
import { only } from '../settings.ts'
import { agreeingIn, asLoss, bestOf, cellsOf, type Scored } from './cells.ts'
import type { Finished, RateWindow } from './findings.ts'

/** Maximum gap between a usable rate's score and the best; if `relative`, as a fraction of the best score. */
export interface Tolerance {
  readonly metric: string
  readonly goal: Goal
  readonly within: number
  readonly relative?: boolean
}

/** Returns how far a usable rate's score may be from the best: 0.02 for an accuracy, else a tenth of the best score. */
export const toleranceOf = (finished: readonly Finished[], metric: string, goal: Goal): Tolerance =>
  finished.some(({ result }) => result.metrics.validationAccuracy !== undefined)
    ? { metric: 'validationAccuracy', goal: 'max', within: 0.02 }
    : { metric, goal, within: 0.1, relative: true }

/**
 * Returns, for each combination of values of the `group` factors, the range of usable learning rates: the best
 * tried rate, extended to both sides while the next rate scores within the tolerance and none of its trials
 * diverged or failed.
 *
 * @param group settings that get a range for each combination of their values, such as normalization and
 *   schedule; over all other settings, the best score of a rate counts
 */
export function windowsOf(
  finished: readonly Finished[],
  group: readonly string[],
  tolerance: Tolerance,
): RateWindow[] {
  const cells = cellsOf(finished, tolerance.metric).filter(({ settings }) => typeof settings.lr === 'number')
  return agreeingIn(cells, group).flatMap((members) => {
    const tried = agreeingIn(members, ['lr'])
      .map((same) => ({ lr: Number(same[0]!.settings.lr), best: bestOf(same, tolerance.goal) }))
      .sort((a, b) => a.lr - b.lr)
    const best = bestOf(members, tolerance.goal)
    return best ? [windowAround(best, tried, only(best.settings, group), tolerance)] : []
  })
}

function windowAround(
  best: Scored,
  tried: readonly { readonly lr: number; readonly best: Scored | undefined }[],
  group: RateWindow['group'],
  tolerance: Tolerance,
): RateWindow {
  const usable = tried.map(({ best: cell }) => cell !== undefined && isUsable(cell, best, tolerance))
  const at = tried.findIndex(({ lr }) => lr === best.settings.lr)
  let [first, last] = [at, at]
  while (usable[first - 1]) first--
  while (usable[last + 1]) last++
  const [low, high] = [tried[first]!.lr, tried[last]!.lr]
  return {
    group,
    metric: tolerance.metric,
    within: tolerance.relative ? tolerance.within * Math.abs(best.score.value) : tolerance.within,
    best: { lr: tried[at]!.lr, score: best.score },
    low,
    high,
    decades: Math.log10(high / low),
    open: { low: first === 0, high: last === tried.length - 1 },
  }
}

function isUsable(cell: Scored, best: Scored, { goal, within, relative }: Tolerance): boolean {
  const worse = asLoss(cell.score.value, goal) - asLoss(best.score.value, goal)
  return worse <= within * (relative ? Math.abs(best.score.value) : 1) + 1e-12
}
