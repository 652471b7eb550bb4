import { jsonIn } from '../core/json.ts'
import { label } from '../study/report/settings.ts'
import type { SharedTrial } from '../study/shared/watched-database.ts'
import type { Watch } from './live.ts'
import { NotFoundError } from './page-source.ts'
import { nothingYet, type RunQuery, RunWatch } from './run-view.ts'
import type { TrialCopies, TrialPlace } from './trial-copies.ts'
import { resultPairs } from './trial-result.ts'
import type { RunView } from './views.ts'

/** A trial in a database that a page watches: once it has finished, with what its worker sent of its run. */
export class DatabaseTrial implements Watch {
  readonly #find: () => Promise<TrialPlace>
  readonly #query: RunQuery
  readonly #copies: TrialCopies
  #place: TrialPlace | undefined
  #sign = ''
  #run: RunWatch | undefined

  constructor(find: () => Promise<TrialPlace>, query: RunQuery, copies: TrialCopies) {
    this.#find = find
    this.#query = query
    this.#copies = copies
  }

  get isBehind(): boolean {
    return this.#run?.isBehind ?? false
  }

  /** Returns the trial as it is now; undefined if it has not changed since the last call. */
  async view(): Promise<RunView | undefined> {
    this.#place ??= await this.#find()
    const { database } = this.#copies
    const now = await database.trial(this.#place)
    if (now === undefined)
      throw new NotFoundError(`${this.#place.id}: wanted a trial in ${database.shown}, got none`)
    const isNew = now.sign !== this.#sign
    const hasRun = now.result !== undefined && (await this.#copies.fetch(this.#place, now.attempt))
    this.#sign = now.sign
    if (!hasRun) this.#run = undefined
    else if (isNew || this.#run === undefined)
      this.#run = new RunWatch(this.#copies.found(this.#place, now.attempt), this.#query, this.#copies.logs)
    const view = this.#run ? await this.#run.view() : isNew ? this.#withoutRun(now) : undefined
    if (view === undefined) return undefined
    const { examine, ...rest } = view // its folder is a copy, which goes
    return rest
  }

  close(): void {}

  /** Returns what is known of a trial whose run nobody has sent. */
  #withoutRun({ trial, worker, isHeld, reason, result }: SharedTrial): RunView {
    const { id } = this.#place!
    const { settings, seed, steps } = Object(jsonIn(trial)) as Readonly<Record<string, unknown>>
    const pairs = Object.entries({ ...Object(settings), seed })
    const open = isHeld ? 'running' : 'waiting'
    const state = result === undefined ? open : result.status === 'failed' ? 'failed' : 'ended'
    const because = {
      running: `${worker} trains it, and sends what it logs once the trial has ended`,
      waiting: reason === undefined ? 'waits for a worker' : `waits for another attempt: ${reason}`,
      failed: result?.error ?? '',
      ended: 'the database has no files of its run',
    }[state]
    return {
      ...nothingYet,
      ...{ id, name: id, state, because },
      ...(typeof steps === 'number' && { total: steps }),
      ...(result && { result: resultPairs(result) }),
      settings: pairs.map(([name, value]) => [name, label(value as never)] as const),
    }
  }
}
