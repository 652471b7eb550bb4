import type { data } from 'evenstep'
import { validation } from './digits.ts'
import type { Learner } from './learner.ts'
import type { Score } from './tuned.ts'

export interface StepsToOptions {
  /** The loss to reach. */
  readonly target: number
  /** Steps after which a run counts as one that did not get there. */
  readonly most: number
  /** Steps from one measurement to the next. @default 10 */
  readonly every?: number
  /** What the loss is measured on. @default 1,000 digits */
  readonly on?: data.Dataset
}

/** Returns a score: the number of steps at a constant rate until the loss is the target; infinite if it never is. */
export function stepsTo(learner: Learner, options: StepsToOptions): Score {
  const { target, most, every = 10, on = validation(1000) } = options
  return async (lr, seed) => {
    let steps = 0
    for await (const { losses, diverged } of learner.parts({ seed, steps: most, lr }, every)) {
      if (diverged) break
      steps += losses.length
      if ((await learner.measure(on)).loss <= target) return steps
    }
    return Number.POSITIVE_INFINITY
  }
}
