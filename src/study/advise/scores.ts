import { medianOf } from '../../core/vector.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { isShare } from '../analysis/words.ts'

/** Most by which a value may be above the best of the same length and seed; broken runs are. */
const most = 0.6

/**
 * Returns a value for each trial of which less is better, and whose differences are ratios: the logarithm of a loss, of
 * the error of a share such as an accuracy, or, of other metrics, the score over the median size of all scores.
 *
 * How bad a bad setting is does not matter. So a value that is d above the best of the same length and seed is taken to
 * be 0.6 · (1 − exp(−d/0.6)) above it, which is about d for small d; a trial that diverged or failed is 0.6 above it.
 * Empty if no trial has a finite score.
 *
 * @param examples number of validation examples, if the score is their cross-entropy
 */
export function valuesOf(
  trials: readonly Finished[],
  { name, goal }: Objective,
  examples: number = Number.POSITIVE_INFINITY,
): number[] {
  const scores = trials.map(({ result }) => (result.status === 'done' ? result.metrics[name] : undefined))
  const known = scores.filter((score): score is number => score !== undefined && Number.isFinite(score))
  if (known.length === 0) return []
  const value = scaleOf(known, name, goal, examples)
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
    if (!Number.isFinite(least)) return overall + most
    return least - most * Math.expm1((least - one) / most)
  })
}

/** How many examples beyond those of the validation part are taken to be misjudged. */
const misjudged = 0.25

/**
 * Returns the cross-entropy over `examples` and a quarter more that is misjudged as surely as these are judged right. Of few
 * examples, a network that is sure of everything may have no mistake, and a loss of next to 0; the next one costs it
 * ln(1 + 1/loss).
 */
const cautious = (loss: number, examples: number): number =>
  Number.isFinite(examples)
    ? (examples * loss + misjudged * Math.log1p(1 / loss)) / (examples + misjudged)
    : loss

const groupOf = ({ seed, steps }: Finished): string => `${seed} ${steps}`

function scaleOf(
  known: readonly number[],
  name: string,
  goal: Objective['goal'],
  examples: number,
): (score: number) => number {
  if (goal === 'min' && known.every((score) => score > 0)) return (loss) => Math.log(cautious(loss, examples))
  if (goal === 'max' && isShare(name) && known.every((score) => score >= 0 && score <= 1)) {
    return (score) => Math.log(1 - score + 1e-3)
  }
  const size = medianOf(known.map(Math.abs)) || 1
  return (score) => ((goal === 'max' ? -1 : 1) * score) / size
}
