import { figure } from '../../core/text.ts'

/** Maximum ratio of a loss to the first loss, in absolute value; beyond it, the trial counts as diverged. */
const most = 1e6

/** Lower bound on the divisor, the first loss: if this were near 0, the ratio of any loss to it would be too large. */
const least = 1e-3

/**
 * Returns why a trial with only finite losses counts as diverged: one of its last losses is, in absolute value,
 * over 10⁶ times its first loss (or times 0.001, if that is larger). Undefined if there is no such loss.
 *
 * @param first training loss of the first step
 * @param last losses at the end: of the last step, and the means on training and validation data
 */
export function explosionOf(first: number, last: readonly (number | undefined)[]): string | undefined {
  const limit = most * Math.max(Math.abs(first), least)
  const got = last.find((loss) => loss !== undefined && Math.abs(loss) > limit)
  if (got === undefined) return undefined
  return `trial: wanted a last loss of at most 10⁶ times the first, ${figure(first)}, got ${figure(got)}; lower the rate`
}
