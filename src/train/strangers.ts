import type { Data } from '../core/dtype.ts'
import { encoder } from '../data/table/encoder.ts'
import type { About } from './run-graph.ts'

/** Number of standard deviations from the mean of the training rows beyond which a number is far outside. */
const far = 10

/** A column of encoded rows: what is counted of it, and where its value is in a row. */
interface Watched {
  readonly name: string
  readonly at: number
  readonly isCategory: boolean
}

/** Counts values of a table's columns that are unlike those of the training rows: see `notes`. */
export class Strangers {
  readonly #columns: readonly Watched[]
  readonly #counts: number[]
  readonly #width: number
  #rows = 0

  constructor({ recipe }: Pick<About, 'recipe'>) {
    const known = recipe?.encoding && recipe.normalized.length === 0 ? encoder(recipe.encoding) : undefined
    const watched: Watched[] = []
    let at = 0
    for (const { name, kind, features } of known?.columns ?? []) {
      if (kind !== 'text' && kind !== 'boolean') watched.push({ name, at, isCategory: kind === 'category' })
      at += features.length
    }
    this.#columns = watched
    this.#counts = watched.map(() => 0)
    this.#width = at
  }

  /** Counts the strange values of encoded rows. */
  add(x: Data, length: number): void {
    this.#rows += length
    for (const [i, { at, isCategory }] of this.#columns.entries()) {
      let count = 0
      for (let row = 0, place = at; row < length; row++, place += this.#width) {
        const value = Number(x[place])
        if (isCategory ? value === 0 : Math.abs(value) > far) count++
      }
      this.#counts[i]! += count
    }
  }

  /** A text for each column with strange values: categories that training did not keep, and numbers far outside. */
  get notes(): readonly string[] {
    return this.#columns.flatMap(({ name, isCategory }, i) => {
      const count = this.#counts[i]!
      if (count === 0) return []
      const what = isCategory
        ? `${count === 1 ? 'is' : 'are'} none of the categories that were kept from the training rows`
        : `${count === 1 ? 'is' : 'are'} over ${far} standard deviations from the mean of the training rows`
      return `column ${name}: ${count.toLocaleString('en')} of ${this.#rows.toLocaleString('en')} values ${what}`
    })
  }
}
