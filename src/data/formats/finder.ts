/** Finds the next occurrence of a text from an index that never decreases, so each part is searched once. */
export class Finder {
  readonly #text: string
  readonly #what: string | undefined
  #found = -1

  constructor(text: string, what: string | undefined) {
    this.#text = text
    this.#what = what
    if (what === undefined) this.#found = Number.POSITIVE_INFINITY
  }

  /** Returns the index of the first occurrence at index `from` or later; infinity if there is none. */
  from(from: number): number {
    if (this.#found >= from) return this.#found
    const found = this.#text.indexOf(this.#what!, from)
    this.#found = found < 0 ? Number.POSITIVE_INFINITY : found
    return this.#found
  }
}
