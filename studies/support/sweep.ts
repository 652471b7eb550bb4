import { validation } from './digits.ts'
import type { Learner, Plan } from './learner.ts'
import { mean } from './numbers.ts'
import { part } from './progress.ts'

/** The result of one rate. */
export interface Point {
  readonly lr: number
  /** Accuracy in percent on the validation digits, one number per seed; 10 for one that diverged. */
  readonly accuracies: readonly number[]
  /** Number of seeds that diverged. */
  readonly diverged: number
}

/**
 * Trains at each rate from each seed. Sweeps over the same seeds are paired: same data order.
 *
 * @param name tells this sweep from the experiment's others, so that it can be resumed
 */
export async function sweep(
  name: string,
  learner: Learner,
  lrs: readonly number[],
  seeds: readonly number[],
  plan: (lr: number) => Omit<Plan, 'seed'>,
): Promise<readonly Point[]> {
  const points: Point[] = []
  for (const lr of lrs) {
    const runs: { readonly accuracy: number; readonly diverged: boolean }[] = []
    for (const seed of seeds) {
      const own = { ...plan(lr), seed }
      runs.push(await part([name, lr, seed, own.steps], () => learner.score(own, validation())))
    }
    points.push({
      lr,
      accuracies: runs.map(({ accuracy }) => accuracy),
      diverged: runs.filter(({ diverged }) => diverged).length,
    })
  }
  return points
}

/** The rate with the best mean over seeds, of those at which no seed diverged; of all, if some did at each. */
export function best(points: readonly Point[]): Point {
  const stable = points.filter(({ diverged }) => diverged === 0)
  const able = stable.length > 0 ? stable : points
  return able.reduce((a, b) => (mean(b.accuracies) > mean(a.accuracies) ? b : a))
}

/** The mean over seeds at each rate. */
export const curve = (points: readonly Point[]): readonly number[] =>
  points.map(({ accuracies }) => mean(accuracies))
