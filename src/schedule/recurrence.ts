/** Number of steps between two stored states. */
const stride = 1024

/**
 * Returns the state of a recurrence as a pure function of the number of steps n.
 *
 *     state(0) = first,   state(n + 1) = next(state(n), n)
 *
 * Every 1,024th state and the latest one are stored: calls with n in order cost one `next` each, a call with a
 * smaller n at most 1,024, and a first call with n costs n.
 */
export function recurrence<S>(first: S, next: (state: S, n: number) => S): (n: number) => S {
  const stored: S[] = [first]
  let at = 0
  let state = first
  return (n) => {
    const index = Math.min(Math.floor(n / stride), stored.length - 1)
    if (n < at || index * stride > at) {
      at = index * stride
      state = stored[index]!
    }
    while (at < n) {
      state = next(state, at)
      at++
      if (at % stride === 0 && at / stride === stored.length) stored.push(state)
    }
    return state
  }
}
