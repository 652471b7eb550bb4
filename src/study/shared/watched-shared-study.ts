import { ArgumentError } from '../../core/errors.ts'
import type { Finished } from '../analysis/findings.ts'
import type { Asked } from '../design/design.ts'
import { descriptionOf, finishedOf } from '../run/stored.ts'
import type { StoredStudy } from '../run/watched-study.ts'
import type { Connection } from './connection.ts'
import type { Query } from './query.ts'

/** What the database has of a study, and who works on it. */
export interface StoredSharedStudy extends StoredStudy {
  /** Changes whenever anything else here does. */
  readonly version: string
  /** Workers by the trials that they hold now. */
  readonly held: ReadonlyMap<number, string>
  /** Workers by the finished trials; one that failed without a worker is left out. */
  readonly finishedBy: ReadonlyMap<number, string>
}

/** Most results in one answer: they have some kilobytes each. */
const chunk = 250

/** A study in a PostgreSQL database, of which only what changed is read again. */
export class WatchedSharedStudy {
  readonly #connection: Connection
  readonly #id: number
  #state: StoredSharedStudy | undefined
  /** What the design requests, by the trial's id: that never changes. */
  readonly #asked = new Map<number, Asked>()
  /** Results, with the attempt that each is of: a trial that failed may run again. */
  readonly #finished = new Map<number, { readonly attempt: number; readonly finished: Finished }>()
  #reading: Promise<StoredSharedStudy> | undefined

  constructor(connection: Connection, id: number) {
    this.#connection = connection
    this.#id = id
  }

  /**
   * Returns the study as it is now: the same object as before if nothing has changed. Those who ask at the same time share
   * an answer.
   *
   * @throws {ArgumentError} when the study was deleted, or the server refuses.
   * @throws {MachineError} when no server answers.
   * @throws {DamagedError} when the description or a result is damaged.
   */
  read(): Promise<StoredSharedStudy> {
    this.#reading ??= this.#connection
      .read((query) => this.#read(query))
      .finally(() => {
        this.#reading = undefined
      })
    return this.#reading
  }

  async #read(query: Query): Promise<StoredSharedStudy> {
    const [row] = await query<{ name: string; counts: string }>(
      `SELECT (SELECT name FROM evenstep.study WHERE id = $1) AS name,
          concat_ws(' ', count(*), count(status), sum(attempt)) AS counts FROM evenstep.trial WHERE study = $1`,
      [this.#id],
    )
    const { name, counts } = row!
    if (name === null)
      throw new ArgumentError(`${this.#connection.shown}: wanted a study in the database, got a deleted one`)
    const held = await query<{ id: number; worker: string }>(
      `SELECT id, worker FROM evenstep.trial
        WHERE study = $1 AND status IS NULL AND worker IS NOT NULL AND due > clock_timestamp() ORDER BY id`,
      [this.#id],
    )
    const version = [counts, ...held.map(({ id, worker }) => `${id} ${worker}`)].join('\n')
    if (version === this.#state?.version) return this.#state
    const isSame = this.#state?.version.split('\n')[0] === counts
    const rest = isSame ? this.#state! : await this.#trials(query, `${this.#connection.shown}, study ${name}`)
    this.#state = { ...rest, version, held: new Map(held.map(({ id, worker }) => [id, worker])) }
    return this.#state
  }

  async #trials(query: Query, who: string): Promise<Omit<StoredSharedStudy, 'version' | 'held'>> {
    const [{ description }] = (await query<{ description: string }>(
      'SELECT description FROM evenstep.study WHERE id = $1',
      [this.#id],
    )) as [{ description: string }]
    const last = Math.max(0, ...this.#asked.keys())
    const rows = await query<TrialRow>(
      `SELECT id, attempt, worker, status IS NOT NULL AS "isFinished", CASE WHEN id > $2 THEN trial END AS trial
        FROM evenstep.trial WHERE study = $1 ORDER BY id`,
      [this.#id, last],
    )
    for (const { id, trial } of rows) if (trial !== null) this.#asked.set(id, JSON.parse(trial) as Asked)
    const done = rows.filter(({ isFinished }) => isFinished)
    await this.#results(
      query,
      done.filter(({ id, attempt }) => this.#finished.get(id)?.attempt !== attempt),
      who,
    )
    return {
      description: descriptionOf(who, description),
      finished: done.map(({ id }) => this.#finished.get(id)!.finished),
      planned: rows.map(({ id }) => ({ id, ...this.#asked.get(id)! })),
      finishedBy: new Map(done.flatMap(({ id, worker }) => (worker === null ? [] : [[id, worker] as const]))),
    }
  }

  async #results(query: Query, fresh: readonly TrialRow[], who: string): Promise<void> {
    const attempts = new Map(fresh.map(({ id, attempt }) => [id, attempt]))
    const ids = [...attempts.keys()]
    for (let at = 0; at < ids.length; at += chunk) {
      const rows = await query<{ id: number; key: string; result: string }>(
        'SELECT id, key, result FROM evenstep.trial WHERE study = $1 AND id = ANY($2)',
        [this.#id, ids.slice(at, at + chunk)],
      )
      for (const row of rows) {
        const { settings, seed, steps, rung } = this.#asked.get(row.id)!
        const finished = finishedOf(who, { ...row, settings: JSON.stringify(settings), seed, steps, rung })
        this.#finished.set(row.id, { attempt: attempts.get(row.id)!, finished })
      }
    }
  }
}

interface TrialRow {
  readonly id: number
  readonly attempt: number
  readonly worker: string | null
  readonly isFinished: boolean
  /** What the design requests, as JSON; null if it is known. */
  readonly trial: string | null
}
