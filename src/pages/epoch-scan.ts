import { jsonIn } from '../core/json.ts'
import { logFile } from '../train/event-log.ts'
import { type PieceReader, withPieces } from './file-pieces.ts'
import { type RunResults, resultNumbers } from './run-results.ts'
import type { Best } from './views.ts'

/** Bytes that are read at once. */
const piece = 1 << 20

const [lineFeed, start] = ['\n', '{"type":"epoch"']

/** Finds the best epoch in a run's log, without parsing the lines of its steps; then in what is appended. */
export class EpochScan {
  readonly #path: string
  readonly #judge: RunResults['judge']
  #at = 0
  #best: Best | undefined

  constructor(folder: string, judge: RunResults['judge']) {
    this.#path = logFile(folder)
    this.#judge = judge
  }

  /** Best value of the epochs that were read; undefined before the first. */
  get best(): Best | undefined {
    return this.#best
  }

  /** Reads up to a MiB more. @returns whether there was any */
  advance(): boolean {
    return withPieces(this.#path, (file) => this.#read(file)) ?? false
  }

  #read(file: PieceReader): boolean {
    if (file.size < this.#at) {
      this.#at = 0
      this.#best = undefined
    }
    const bytes = file.read(this.#at, Math.min(piece, file.size - this.#at))
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const end = text.lastIndexOf(lineFeed) + 1
    if (end === 0) {
      if (bytes.length === piece) this.#at += piece // no line of an epoch is that long
      return bytes.length === piece
    }
    for (let at = text.indexOf(start); at >= 0 && at < end; at = text.indexOf(start, at + 1))
      if (at === 0 || text[at - 1] === 10) this.#learn(text.toString('utf8', at, text.indexOf(lineFeed, at)))
    this.#at += end
    return true
  }

  #learn(text: string): void {
    const line = jsonIn(text)
    const { name, goal } = this.#judge
    const value = line === undefined ? undefined : resultNumbers(line as never)[name]
    if (value === undefined) return
    const isBetter =
      this.#best === undefined || (goal === 'max' ? value > this.#best.value : value < this.#best.value)
    if (isBetter) this.#best = { name, goal, value }
  }
}
