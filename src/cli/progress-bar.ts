import { count, duration, figure, significant } from '../core/text.ts'
import type { EpochEvent, StartEvent, StepsEvent } from '../train/event.ts'
import { type Course, sparkline } from './sparkline.ts'
import type { StatusLines } from './status-lines.ts'

/** Milliseconds between two drawings. */
const pause = 100

/** Least and greatest number of characters of a bar. */
const [shortest, longest] = [8, 24]

/** Characters beside the blocks of a sparkline: its name before it, and its first and last value after it. */
const beside = 'train loss  '.length + '  1.234e-05 to 1.234e-05'.length

/** Progress of a run in two lines: a bar with its speed, time left, latest loss and rate; and the course of the loss. */
export class ProgressBar {
  readonly #lines: StatusLines
  readonly #epochs: number | undefined
  readonly #losses: Course
  readonly #columns: () => number
  readonly #begun = performance.now()
  /** Number of steps in the whole run; undefined until it is known. */
  #total: number | undefined
  #drawn = 0
  #shown: readonly string[] = []

  /** @param losses course of the training loss, which grows with the run */
  constructor(lines: StatusLines, { steps, epochs }: StartEvent, losses: Course, columns: () => number) {
    this.#lines = lines
    this.#total = steps
    this.#epochs = epochs
    this.#losses = losses
    this.#columns = columns
  }

  /** Estimates from finished epochs the number of steps in a run on a stream, which is unknown at first. */
  learn({ epoch, steps }: EpochEvent): void {
    if (this.#epochs !== undefined) this.#total ??= (this.#epochs * steps) / (epoch + 1)
  }

  /** Draws the lines, unless they were drawn a moment ago. */
  draw({ step, losses, lrs }: StepsEvent): void {
    const now = performance.now()
    if (now - this.#drawn < pause) return
    this.#drawn = now
    const done = step + losses.length
    const speed = (done / (now - this.#begun)) * 1e3
    const results = [
      `loss ${significant(losses[losses.length - 1]!, 4)}`,
      `lr ${figure(lrs[lrs.length - 1]!, 4)}`,
    ]
    this.#shown = [this.#progress(done, speed, results), ...this.#course()]
    this.again()
  }

  /** Draws the lines again, below what was printed in their place. */
  again(): void {
    if (this.#shown.length > 0) this.#lines.draw(...this.#shown)
  }

  #progress(done: number, speed: number, results: readonly string[]): string {
    const pace = `${count(speed)} steps/s`
    const total = this.#total
    if (total === undefined) return [`${count(done)} steps`, pace, ...results].join('  ')
    const left = `${duration(Math.ceil((total - done) / speed))} left`
    const text = [`${Math.floor((100 * done) / total)} %`, left, ...results, pace].join('  ')
    const width = Math.min(longest, Math.max(shortest, this.#columns() - text.length - 2))
    const filled = Math.min(width, Math.round((width * done) / total))
    return `${'━'.repeat(filled)}${'─'.repeat(width - filled)} ${text}`
  }

  /** Returns the line of the loss so far; none before there are two values. */
  #course(): string[] {
    const { values } = this.#losses
    const width = this.#columns() - 1 - beside
    return values.length > 1 && width >= shortest ? [`train loss  ${sparkline(values, width)}`] : []
  }
}
