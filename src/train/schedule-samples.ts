import type { Curve } from '../schedule/schedule.ts'

/** Returns at most 401 steps, evenly spaced from 0 to `last`. */
function spaced(last: number): readonly number[] {
  const n = Math.min(Math.floor(last), 400)
  return Array.from({ length: n + 1 }, (_, i) => (n === 0 ? 0 : Math.floor((i * last) / n)))
}

/** Returns the highest value of a curve at steps 0 to n − 1, as far as samples show. */
export const highest = (curve: Curve, n: number): number => Math.max(...spaced(n - 1).map(curve))

/**
 * Whether a curve never falls by more than 1 % of its highest value so far, neither at sampled steps before `end` nor
 * to `last`, its value from `end` on.
 */
export function onlyRises(curve: Curve, end: number, last: number): boolean {
  let peak = Number.NEGATIVE_INFINITY
  return [...spaced(Math.max(end - 1, 0)).map(curve), last].every((value) => {
    peak = Math.max(peak, value)
    return value >= peak - 0.01 * Math.abs(peak)
  })
}

/**
 * Returns the first step from which a curve keeps the value that it has at step n − 1, judged by samples: 0 for a
 * constant. Undefined if the curve throws or has no values.
 */
export function settledAt(curve: Curve, n: number): number | undefined {
  try {
    const last = curve(n - 1)
    const before = spaced(n - 1).findLast((step) => curve(step) !== last)
    if (before === undefined) return 0
    let [low, high] = [before, n - 1]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (curve(middle) === last) high = middle
      else low = middle
    }
    return high
  } catch {
    return undefined
  }
}
