import { validation } from './digits.ts'
import type { Learner, Plan } from './learner.ts'
import { mean } from './numbers.ts'

/** The result of one rate. */
export interface Point {
  readonly lr: number
  /** Accuracy in percent on the validation digits, one number per seed. */
  readonly accuracies: readonly number[]
}

/** Trains at each rate from each seed. Sweeps over the same seeds are paired: same data order. */
export async function sweep(
  learner: Learner,
  lrs: readonly number[],
  seeds: readonly number[],
  plan: (lr: number) => Omit<Plan, 'seed'>,
): Promise<readonly Point[]> {
  const points: Point[] = []
  for (const lr of lrs) {
    const accuracies: number[] = []
    for (const seed of seeds)
      accuracies.push(await learner.accuracyAfter({ ...plan(lr), seed }, validation()))
    points.push({ lr, accuracies })
  }
  return points
}

/** The rate with the best mean over seeds. */
export const best = (points: readonly Point[]): Point =>
  points.reduce((a, b) => (mean(b.accuracies) > mean(a.accuracies) ? b : a))

/** The mean over seeds at each rate. */
export const curve = (points: readonly Point[]): readonly number[] =>
  points.map(({ accuracies }) => mean(accuracies))
