/** Number of steps between two stored states of a recurrence. */
const stride = 1024

/**
 * Returns a pure function from a number of steps n to the state of a recurrence after n steps.
 *
 *     state(0) = first,   state(n + 1) = next(state(n), n)
 *
 * Every 1,024th state and the latest one are stored. While n grows by 1 from call to call, each call runs
 * `next` once; a call with an earlier n runs it at most 1,024 times, and a very first call n times.
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
