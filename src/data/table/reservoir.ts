import { type Random, random } from '../../core/random.ts'

/** Keeps numbers for their median: all of them or, beyond `most`, a uniform random sample of that size. */
export class Reservoir {
  readonly #most: number
  readonly #random: Random
  readonly #kept: number[] = []
  #seen = 0

  /** @param name name on which the random choice depends */
  constructor(name: string, most: number) {
    this.#most = most
    this.#random = random(0, 'reservoir', name)
  }

  /** Vitter 1985, algorithm R. */
  add(value: number): void {
    this.#seen++
    if (this.#kept.length < this.#most) {
      this.#kept.push(value)
      return
    }
    const place = Math.floor(this.#random.uniform() * this.#seen)
    if (place < this.#most) this.#kept[place] = value
  }

  /** Returns the median of the kept numbers; undefined if there are none. */
  median(): number | undefined {
    const sorted = Float64Array.from(this.#kept).sort()
    const middle = sorted.length >> 1
    if (sorted.length % 2 === 1 || sorted.length === 0) return sorted[middle]
    return (sorted[middle - 1]! + sorted[middle]!) / 2
  }
}
