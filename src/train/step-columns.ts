import type { StepsEvent } from './event.ts'
import type { Steps } from './steps.ts'

/** Fixed keys of a step's log line; any other key is the name of a logged quantity. */
const standard: readonly string[] = ['type', 'epoch', 'step', 'loss', 'lr', 'time']

/** The numbers of all steps of a run, by their names in the log, as they arrive. */
export class StepColumns {
  readonly #columns = new Map<string, Column>()

  /** Appends the numbers of one line of the log. */
  add(line: Readonly<Record<string, unknown>>): void {
    for (const [name, column] of this.#of(() => Object.keys(line).filter((key) => !standard.includes(key))))
      column.add(line[name])
  }

  /** Appends the numbers of several steps, as they would be read from the log. */
  addSteps({ losses, lrs, logs = {} }: StepsEvent): void {
    const values: Readonly<Record<string, ArrayLike<number>>> = { ...logs, loss: losses, lr: lrs }
    for (const [name, column] of this.#of(() => Object.keys(logs)))
      for (let k = 0; k < losses.length; k++) column.add(values[name]?.[k])
  }

  get steps(): Steps {
    const { loss, lr, ...logs } = Object.fromEntries([...this.#columns].map(([name, c]) => [name, c.numbers]))
    return { losses: loss ?? new Float64Array(), lrs: lr ?? new Float64Array(), logs }
  }

  /** Returns the columns by name, which the first step decides. */
  #of(logged: () => readonly string[]): ReadonlyMap<string, Column> {
    if (this.#columns.size === 0)
      for (const name of ['loss', 'lr', ...logged()]) this.#columns.set(name, new Column())
    return this.#columns
  }
}

/** A growing list of numbers, 8 bytes each. */
class Column {
  #data = new Float64Array(1024)
  #length = 0

  /** Appends a number. Any other value becomes NaN, and infinity as well: JSON has null in place of both. */
  add(value: unknown): void {
    if (this.#length === this.#data.length) {
      const data = new Float64Array(2 * this.#length)
      data.set(this.#data)
      this.#data = data
    }
    this.#data[this.#length++] = Number.isFinite(value) ? (value as number) : Number.NaN
  }

  get numbers(): Float64Array {
    return this.#data.subarray(0, this.#length)
  }
}
