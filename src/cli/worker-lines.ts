import { duration } from '../core/text.ts'
import { settingsText } from '../study/analysis/words.ts'
import type { Trial } from '../study/trial.ts'

/** Maximum number of workers with a line: more lines than that would scroll away. */
const most = 8

/** Characters of the bar of a trial. */
const width = 12

/** Lines that say what each worker of a study trains, and for how long. */
export class WorkerLines {
  /** The trial of each worker, by its place, and when it began. */
  readonly #places: ({ readonly trial: Trial; readonly begun: number } | undefined)[]
  readonly #now: () => number
  /** Number of trials that have ended here, and the milliseconds that they took together. */
  #ended = 0
  #took = 0

  constructor(workers: number, now: () => number = () => performance.now()) {
    this.#places = new Array(Math.min(workers, most)).fill(undefined)
    this.#now = now
  }

  begin(trial: Trial): void {
    const place = this.#places.indexOf(undefined)
    if (place >= 0) this.#places[place] = { trial, begun: this.#now() }
  }

  end({ id }: Pick<Trial, 'id'>): void {
    const place = this.#places.findIndex((one) => one?.trial.id === id)
    const known = this.#places[place]
    if (known === undefined) return
    this.#ended++
    this.#took += this.#now() - known.begun
    this.#places[place] = undefined
  }

  /** Returns a line for each worker. A bar is full once a trial has taken as long as those before did on average. */
  lines(): string[] {
    return this.#places.map((one, place) => {
      const name = `worker ${place + 1}`
      if (one === undefined) return `${name}  waits`
      const { trial, begun } = one
      const seconds = Math.round((this.#now() - begun) / 1e3)
      const about = [
        `trial ${trial.id}`,
        `seed ${trial.seed}`,
        duration(seconds),
        settingsText(trial.settings),
      ]
      return `${name}  ${this.#bar(begun)}${about.join(' · ')}`
    })
  }

  #bar(begun: number): string {
    if (this.#ended === 0) return ''
    const share = Math.min(1, (this.#now() - begun) / (this.#took / this.#ended))
    const filled = Math.round(width * share)
    return `${'━'.repeat(filled)}${'─'.repeat(width - filled)} `
  }
}
