/** Usual target duration of a call of the compiled graph, in milliseconds, so that the event loop stays responsive. */
const usual = 40

/** Longest target duration of a call, in milliseconds: Ctrl-C, events and checkpoints wait for its end. */
const longest = 250

/** Weight of the last call in the mean duration of calls of as many steps. */
const recent = 0.25

/** Minimum ratio of a call's duration to its fixed cost, the part that does not depend on the number of steps. */
const leastRatio = 20

/**
 * Chooses K, the number of training steps in the next call of the compiled graph.
 *
 * A call of K steps takes about a + b · K milliseconds: b is the time per step, and a the fixed cost of a call, which
 * copies all weights and optimizer state in and out. K is chosen so that a call takes 40 ms or 20 · a, whichever is
 * longer, but at most 250 ms. Both a and b are estimated from means of the calls so far: of many calls with few steps,
 * the shortest would be shorter by chance, and a seem to be 0. K does not affect training results.
 */
export class Pace {
  /** Number of steps to take in the next call. */
  steps = 1
  /** Recent mean duration, in milliseconds, of calls with a given number of steps. */
  readonly #mean = new Map<number, number>()
  /** Number of calls in a row that had the fewest steps of all. */
  #shortCalls = 0

  /** Records that a call of `steps` steps took `ms` milliseconds, and chooses the number of steps of the next call. */
  learn(steps: number, ms: number): void {
    const mean = this.#mean.get(steps) ?? ms
    this.#mean.set(steps, mean + recent * (ms - mean))
    this.#forgetLongCalls(steps)
    const target = Math.min(longest, Math.max(usual, leastRatio * this.#fixedCost()))
    const next = Math.max(1, Math.min(4 * this.steps, Math.floor((target * steps) / ms), 1024))
    // Calls of equal length cannot tell the fixed cost: try another length once, unless that would take too long.
    this.steps = this.#mean.size === 1 && next === steps && 2 * ms <= longest ? 2 * steps : next
  }

  /** After 16 calls with the fewest steps, forgets the longer ones, which may have taken long by chance, so that one is tried. */
  #forgetLongCalls(steps: number): void {
    this.#shortCalls = steps === Math.min(...this.#mean.keys()) ? this.#shortCalls + 1 : 0
    if (this.#shortCalls < 16) return
    for (const other of this.#mean.keys()) if (other !== steps) this.#mean.delete(other)
    this.#shortCalls = 0
  }

  /**
   * Estimates a, the fixed cost in ms, from the calls with the fewest and the most steps; 0 if all had equally many.
   */
  #fixedCost(): number {
    const counts = [...this.#mean.keys()]
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
    if (fewest === most) return 0
    const [short, long] = [this.#mean.get(fewest)!, this.#mean.get(most)!]
    return Math.max(0, short - (fewest * (long - short)) / (most - fewest))
  }
}
