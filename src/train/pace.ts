/** Usual target duration of a call of the compiled graph, in milliseconds, so that the event loop stays responsive. */
const usual = 40

/** Longest target duration of a call, in milliseconds: Ctrl-C, events and checkpoints wait for its end. */
const longest = 250

/** Minimum ratio of a call's duration to its fixed cost, the part that does not depend on the number of steps. */
const leastRatio = 20

/**
 * Chooses K, the number of training steps in the next call of the compiled graph.
 *
 * A call of K steps takes about a + b · K milliseconds: b is the time per step, and a the fixed cost of a call, which
 * copies all weights and optimizer state in and out. K is chosen so that a call takes 40 ms or 20 · a, whichever is
 * longer, but at most 250 ms. Both a and b are estimated from the calls so far. K does not affect training results.
 */
export class Pace {
  /** Number of steps to take in the next call. */
  steps = 1
  /** Shortest duration so far, in milliseconds, of calls with a given number of steps. */
  readonly #shortest = new Map<number, number>()

  /** Records that a call of `steps` steps took `ms` milliseconds, and chooses the number of steps of the next call. */
  learn(steps: number, ms: number): void {
    this.#shortest.set(steps, Math.min(ms, this.#shortest.get(steps) ?? Number.POSITIVE_INFINITY))
    const target = Math.min(longest, Math.max(usual, leastRatio * this.#fixedCost()))
    const next = Math.max(1, Math.min(4 * this.steps, Math.floor((target * steps) / ms), 1024))
    // Calls of equal length cannot tell the fixed cost: try another length once, unless that would take too long.
    this.steps = this.#shortest.size === 1 && next === steps && 2 * ms <= longest ? 2 * steps : next
  }

  /**
   * Estimates a, the fixed cost in ms, from the calls with the fewest and the most steps; 0 if all had equally many.
   */
  #fixedCost(): number {
    const counts = [...this.#shortest.keys()]
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
    if (fewest === most) return 0
    const [short, long] = [this.#shortest.get(fewest)!, this.#shortest.get(most)!]
    return Math.max(0, short - (fewest * (long - short)) / (most - fewest))
  }
}
