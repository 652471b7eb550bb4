import { figure } from '../core/text.ts'
import { meanOf } from '../core/vector.ts'

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Returns a curve as one line of at most `width` blocks, with its first and last value: `█▄▂▁  2.31 to 0.107`. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length)
  const means = Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((at) => Math.floor((at * values.length) / count))
    return meanOf(values.slice(from, to))
  })
  const [low, high] = [Math.min(...means), Math.max(...means)]
  const level = (value: number): number =>
    high > low ? Math.round(((value - low) / (high - low)) * (blocks.length - 1)) : 0
  const line = means.map((value) => blocks[level(value)]).join('')
  return `${line}  ${figure(values[0]!, 4)} to ${figure(values.at(-1)!, 4)}`
}

/** Maximum number of values that a `Course`, the values of a sparkline, keeps. */
const most = 256

/** Keeps the course of a long series: means over stretches of equal length, which double as the series grows. */
export class Course {
  #values: number[] = []
  /** Number of values in a stretch, and sum and number of those in the current one. */
  #size = 1
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
    if (this.#count < this.#size) return
    this.#values.push(this.#sum / this.#count)
    this.#sum = 0
    this.#count = 0
    if (this.#values.length < most) return
    this.#values = Array.from({ length: most / 2 }, (_, i) =>
      meanOf([this.#values[2 * i]!, this.#values[2 * i + 1]!]),
    )
    this.#size *= 2
  }

  /** Means of the stretches so far, without the last one if it is not full. */
  get values(): readonly number[] {
    return this.#values
  }
}
