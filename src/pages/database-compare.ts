import { type CompareQuery, CompareWatch } from './compare-view.ts'
import type { Watch } from './live.ts'
import type { TrialCopies, TrialPlace } from './trial-copies.ts'
import type { CompareView } from './views.ts'

/** Trials in a database that a page watches side by side: those whose runs workers have sent. */
export class DatabaseCompare implements Watch {
  readonly #find: () => Promise<readonly TrialPlace[]>
  readonly #query: CompareQuery
  readonly #copies: TrialCopies
  #sign = ''
  #watch: CompareWatch | undefined

  constructor(find: () => Promise<readonly TrialPlace[]>, query: CompareQuery, copies: TrialCopies) {
    this.#find = find
    this.#query = query
    this.#copies = copies
  }

  /** Returns the trials as they are now; undefined if none has changed since the last call. */
  async view(): Promise<CompareView | undefined> {
    const places = await this.#find()
    const attempts = await this.#copies.database.attempts(places)
    for (const [i, place] of places.entries())
      if (attempts[i] !== undefined) await this.#copies.fetch(place, attempts[i])
    const sign = attempts.join()
    if (this.#watch === undefined || sign !== this.#sign) {
      this.#sign = sign
      const found = places.map((place, i) => this.#copies.found(place, attempts[i] ?? 0))
      this.#watch = new CompareWatch(found, this.#query, this.#copies.logs)
    }
    return this.#watch.view()
  }

  close(): void {}
}
