import { ArgumentError } from '../core/errors.ts'
import { visible } from '../core/text.ts'
import type { SharedProgress, WatchedDatabase } from '../study/shared/watched-database.ts'
import type { CompareQuery } from './compare-view.ts'
import { DatabaseCompare } from './database-compare.ts'
import { DatabaseStudy } from './database-study.ts'
import { DatabaseTrial } from './database-trial.ts'
import type { Watch } from './live.ts'
import { NotFoundError, type PageSource } from './page-source.ts'
import type { RunQuery } from './run-view.ts'
import { trialsOf } from './study-facts.ts'
import { StudyWatch } from './study-view.ts'
import { TrialCopies, type TrialPlace } from './trial-copies.ts'
import { trialIn } from './trial-id.ts'
import type { ListView, StudyRow } from './views.ts'

/** Milliseconds between two looks at all studies, at least and at most: all pages share a look. */
const pause = { least: 1000, most: 5000 }

/** Number of times that a look at all studies must have been paused for: the server has other work. */
const rest = 50

/** The studies in a PostgreSQL database. Each watch finds what it watches when it first looks, once the server answers. */
export class DatabaseSource implements PageSource {
  readonly #database: WatchedDatabase
  readonly #copies: TrialCopies
  #looked: Promise<readonly SharedProgress[]> | undefined

  constructor(database: WatchedDatabase) {
    this.#database = database
    this.#copies = new TrialCopies(database)
  }

  list(): Watch {
    let sent = ''
    return {
      view: async () => {
        const studies = (await this.#studies()).map(rowOf)
        if (JSON.stringify(studies) === sent) return undefined
        sent = JSON.stringify(studies)
        return {
          ...{ place: this.#database.shown, kind: 'database', isWhole: true },
          ...{ studies, runs: [], gone: [], differing: [] },
        } satisfies ListView
      },
      close: () => {},
    }
  }

  run(id: string, query: RunQuery): Watch {
    return new DatabaseTrial(() => this.#trial(id), query, this.#copies)
  }

  compare(ids: readonly string[], query: CompareQuery): Watch {
    return new DatabaseCompare(() => Promise.all(ids.map((id) => this.#trial(id))), query, this.#copies)
  }

  study(id: string): Watch {
    const study = async () => this.#database.study((await this.#study(id)).id)
    return new StudyWatch(id, new DatabaseStudy(id, study))
  }

  stop(id: string): void {
    const got = 'a trial, which belongs to a worker'
    throw new ArgumentError(
      `${id}: wanted a run that this machine trains, got ${got}; stop the worker instead`,
    )
  }

  close(): Promise<void> {
    return this.#copies.close()
  }

  /** Returns all studies, as they were a moment ago. */
  #studies(): Promise<readonly SharedProgress[]> {
    if (this.#looked !== undefined) return this.#looked
    const begun = performance.now()
    const looked = this.#database.studies()
    this.#looked = looked
    const forget = (): void => {
      this.#looked = undefined
    }
    const later = (): unknown =>
      setTimeout(
        forget,
        Math.min(pause.most, Math.max(pause.least, rest * (performance.now() - begun))),
      ).unref()
    looked.then(later, forget)
    return looked
  }

  async #study(id: string): Promise<SharedProgress> {
    for (const isKnown of [true, false]) {
      if (!isKnown) this.#looked = undefined // it may have been planned a moment ago
      const found = (await this.#studies()).find(({ name }) => visible(name) === id)
      if (found !== undefined) return found
    }
    throw new NotFoundError(`${id}: wanted a study in ${this.#database.shown}, got none`)
  }

  async #trial(id: string): Promise<TrialPlace> {
    const [study, trial] = trialIn(id) ?? []
    if (study === undefined || trial === undefined)
      throw new NotFoundError(`${id}: wanted a trial in ${this.#database.shown}, got none`)
    return { id, study: (await this.#study(study)).id, trial }
  }
}

function rowOf({ name, description, planned, finished, held, seconds }: SharedProgress): StudyRow {
  const trials = description === undefined ? planned : trialsOf(description, planned)
  const left = seconds === undefined ? 0 : ((trials - finished) * seconds) / Math.max(1, held)
  const state = held > 0 ? 'running' : finished >= trials && trials > 0 ? 'ended' : 'waiting'
  return {
    ...{ id: visible(name), trials, done: finished, state, changed: 0 },
    ...(state === 'running' && left > 0 && { left: Math.ceil(left) }),
  }
}
