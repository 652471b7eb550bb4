import { mismatch } from '../core/mismatch.ts'

/** Returns how many numbers of an ascending list are ≤ x, by binary search. */
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

/** Throws unless the steps are strictly increasing. @param what names the steps in the error message */
export function checkIncreasing(who: string, what: string, steps: readonly number[]): void {
  if (steps.every((step, i) => i === 0 || step > steps[i - 1]!)) return
  throw mismatch(who, `strictly increasing ${what}`, steps, 'sort them, each step once')
}

/**
 * Throws unless the milestones are strictly increasing, and there are `count` − 1 to separate `count` items.
 *
 * @param what names the items in the error message, such as 'schedules'
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
