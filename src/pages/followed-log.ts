import { DamagedError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { logFile } from '../train/event-log.ts'
import { StepColumns } from '../train/step-columns.ts'
import type { Steps } from '../train/steps.ts'
import { type PieceReader, withPieces } from './file-pieces.ts'

type Line = Readonly<Record<string, unknown>>

/** Bytes that are read at once. */
const piece = 1 << 20

/** Maximum number of numbers that are kept of one log: 128 MB. */
const mostKept = 16_000_000

/** Maximum number of quantities that are kept of each step. */
const mostQuantities = 300

const lineFeed = 10

/** The log of a run, of which only what was appended is read again. */
export class FollowedLog {
  readonly #path: string
  #at = 0
  #columns = new StepColumns()
  #steps = 0
  #quantities = 0
  #kept = 0
  /** Whether the next line is the first one of a call that continues an earlier one. */
  #isFirst = false
  #isFull = false
  /** Lines other than those of steps. */
  #others: Line[] = []

  constructor(folder: string) {
    this.#path = logFile(folder)
  }

  /**
   * Reads what was appended since the last call; all of it if the log was cut, as by a run that is resumed.
   *
   * @param most milliseconds after which to stop; the next call continues
   * @returns whether all of it was read
   * @throws {DamagedError} when a line is no JSON object, or longer than 1 MiB.
   */
  async refresh(most: number): Promise<boolean> {
    const begun = performance.now()
    this.#isFirst = this.#at > 0
    while (withPieces(this.#path, (file) => this.#readPiece(file))) {
      if (performance.now() - begun > most) return false
      await new Promise((resolve) => setImmediate(resolve)) // others wait for their views
    }
    return true
  }

  get steps(): Steps {
    return this.#columns.steps
  }

  get others(): readonly Line[] {
    return this.#others
  }

  /** Number of numbers in memory, about. */
  get size(): number {
    return this.#kept
  }

  /** Whether the log is longer than what is kept of it. */
  get isCut(): boolean {
    return this.#isFull
  }

  /** Reads up to a MiB. @returns whether a line was read */
  #readPiece(file: PieceReader): boolean {
    if (file.size < this.#at) this.#forget()
    if (this.#isFull || file.size === this.#at) return false
    const bytes = file.read(this.#at, Math.min(piece, file.size - this.#at))
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end === 0 && bytes.length === piece)
      throw new DamagedError(`${this.#path}: wanted lines of up to ${piece} bytes, got a longer one`)
    if (end === 0) return false // a line that is being written
    for (const text of new TextDecoder().decode(bytes.subarray(0, end - 1)).split('\n'))
      if (!this.#add(text)) return true
    this.#at += end
    return true
  }

  /** Keeps a line. @returns whether reading continues after it; otherwise it starts again */
  #add(text: string): boolean {
    const line = jsonIn(text)
    const isObject = typeof line === 'object' && line !== null && !Array.isArray(line)
    const isNext = isObject && ((line as Line).type !== 'step' || (line as Line).step === this.#steps)
    if (this.#isFirst && !isNext) {
      this.#forget() // a run that was resumed has cut the log, and has written more than it had before
      return false
    }
    this.#isFirst = false
    if (!isObject) {
      const got = JSON.stringify(text.slice(0, 40))
      throw new DamagedError(`${this.#path}: wanted a JSON object in each line, got ${got}`)
    }
    if ((line as Line).type === 'step') this.#addStep(line as Line)
    else {
      this.#others.push(line as Line)
      this.#kept += text.length / 4
    }
    if (this.#kept > mostKept) this.#isFull = true
    return true
  }

  #addStep(line: Line): void {
    if (this.#steps++ === 0) this.#quantities = Object.keys(line).length
    const isWide = this.#quantities > mostQuantities
    this.#columns.add(isWide ? lossOf(line) : line)
    this.#kept += isWide ? 2 : this.#quantities
  }

  #forget(): void {
    this.#at = 0
    this.#steps = 0
    this.#kept = 0
    this.#isFirst = false
    this.#columns = new StepColumns()
    this.#others = []
  }
}

const lossOf = ({ type, epoch, step, loss, lr }: Line): Line => ({ type, epoch, step, loss, lr })
