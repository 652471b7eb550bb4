import { mismatch } from '../core/mismatch.ts'

/** Counts the numbers of a sorted list that are ≤ x. */
export function countUpTo(sorted: readonly number[], x: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

/** Refuses steps that are not strictly increasing. @param what names them in the error */
export function checkIncreasing(who: string, what: string, steps: readonly number[]): void {
  if (steps.every((step, i) => i === 0 || step > steps[i - 1]!)) return
  throw mismatch(who, `strictly increasing ${what}`, steps, 'sort them, each step once')
}

/**
 * Refuses milestones unless they are strictly increasing, and one fewer than the `count` items they separate.
 *
 * @param what names the items in the error, such as 'schedules'
 */
export function checkMilestones(who: string, steps: readonly number[], count: number, what: string): void {
  const wanted = Math.max(count - 1, 0)
  if (steps.length !== wanted || count === 0) {
    const fix = 'list the step at which each after the first begins'
    const plural = wanted === 1 ? '' : 's'
    throw mismatch(who, `${wanted} milestone${plural} for ${count} ${what}`, steps.length, fix)
  }
  checkIncreasing(who, 'milestones', steps)
}
