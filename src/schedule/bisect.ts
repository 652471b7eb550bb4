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

/**
 * Refuses milestones that do not rise, or are not one fewer than the parts that they divide.
 *
 * @param what the parts in a word, such as 'schedules'
 */
export function checkMilestones(
  who: string,
  milestones: readonly number[],
  parts: number,
  what: string,
): void {
  const wanted = Math.max(parts - 1, 0)
  if (milestones.length !== wanted || parts === 0) {
    const fix = 'each after the first begins at one'
    throw mismatch(
      who,
      `${wanted} milestone${wanted === 1 ? '' : 's'} for ${parts} ${what}`,
      milestones.length,
      fix,
    )
  }
  if (milestones.some((step, i) => i > 0 && step <= milestones[i - 1]!)) {
    throw mismatch(who, 'rising milestones', milestones, 'sort them, each step once')
  }
}
