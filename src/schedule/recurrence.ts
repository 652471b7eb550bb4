/** Steps between two remembered states. */
const stride = 1024

/**
 * The state after `n` steps of a recurrence, as a pure function of n.
 *
 *     state(0) = first,   state(n + 1) = next(state(n), n)
 *
 * It remembers every 1,024th state and the latest one. So walking forward costs one `next` per call, a jump
 * back at most 1,024, and a first jump to n costs n.
 */
export function recurrence<S>(first: S, next: (state: S, n: number) => S): (n: number) => S {
  const marks: S[] = [first]
  let at = 0
  let state = first
  return (n) => {
    if (n < at || n >= at + stride) {
      const mark = Math.min(Math.floor(n / stride), marks.length - 1)
      if (n < at || mark * stride > at) {
        at = mark * stride
        state = marks[mark]!
      }
    }
    while (at < n) {
      state = next(state, at)
      at++
      if (at % stride === 0 && at / stride === marks.length) marks.push(state)
    }
    return state
  }
}
