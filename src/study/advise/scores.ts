import { medianOf } from '../../core/vector.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { isShare } from '../analysis/words.ts'

/** Most by which a logarithm of a loss counts as above the best of the same length and seed; broken runs have it. */
const most = 1.5

/**
 * Returns a value for each trial of which less is better, and whose differences are ratios: the logarithm of a loss, of
 * the error of a share such as an accuracy, or, of other metrics, the score over the median size of all scores.
 *
 * A value is limited to 1.5 above the best of the trials of the same length and seed, and is this limit for a trial that
 * diverged or failed: how bad a setting is does not matter beyond that. Empty if no trial has a finite score.
 */
export function valuesOf(trials: readonly Finished[], { name, goal }: Objective): number[] {
  const scores = trials.map(({ result }) => (result.status === 'done' ? result.metrics[name] : undefined))
  const known = scores.filter((score): score is number => score !== undefined && Number.isFinite(score))
  if (known.length === 0) return []
  const value = scaleOf(known, name, goal)
  const values = scores.map((score) =>
    score === undefined || !Number.isFinite(score) ? Number.POSITIVE_INFINITY : value(score),
  )
  const best = new Map<string, number>()
  for (const [i, trial] of trials.entries()) {
    best.set(groupOf(trial), Math.min(values[i]!, best.get(groupOf(trial)) ?? Number.POSITIVE_INFINITY))
  }
  const overall = Math.min(...values)
  return values.map((one, i) => {
    const least = best.get(groupOf(trials[i]!))!
    return Math.min(one, most + (Number.isFinite(least) ? least : overall))
  })
}

const groupOf = ({ seed, steps }: Finished): string => `${seed} ${steps}`

function scaleOf(known: readonly number[], name: string, goal: Objective['goal']): (score: number) => number {
  if (goal === 'min' && known.every((score) => score > 0)) return Math.log
  if (goal === 'max' && isShare(name) && known.every((score) => score >= 0 && score <= 1)) {
    return (score) => Math.log(1 - score + 1e-3)
  }
  const size = medianOf(known.map(Math.abs)) || 1
  return (score) => ((goal === 'max' ? -1 : 1) * score) / size
}
