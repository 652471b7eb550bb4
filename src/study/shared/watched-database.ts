import { checkedJson } from '../../core/checksum.ts'
import { jsonIn } from '../../core/json.ts'
import type { Finished } from '../analysis/findings.ts'
import { isResult } from '../run/stored.ts'
import { Connection } from './connection.ts'
import { hasTables } from './migrations.ts'
import type { Query } from './query.ts'
import { forFiles, type PackedFile } from './trial-files.ts'
import { WatchedSharedStudy } from './watched-shared-study.ts'

/** How far a study in a database is. */
export interface SharedProgress {
  readonly id: number
  readonly name: string
  /** The study's description; undefined if it is damaged. */
  readonly description: Readonly<Record<string, unknown>> | undefined
  /** Number of trials in the database. */
  readonly planned: number
  readonly finished: number
  /** Number of trials that workers hold now. */
  readonly held: number
  /** Mean time of a trial in seconds, of the last ones; undefined before the first has finished. */
  readonly seconds: number | undefined
}

/** A trial in a database, as far as it got. */
export interface SharedTrial {
  /** Changes whenever the trial is taken, given back or finished. */
  readonly sign: string
  /** Number of times that it was taken. */
  readonly attempt: number
  /** What the design requests, as JSON: settings, seed, steps and round. */
  readonly trial: string
  /** Worker that holds the trial, or finished it. */
  readonly worker: string | undefined
  readonly isHeld: boolean
  /** Why the last attempt ended that did not finish it. */
  readonly reason: string | undefined
  readonly result: Finished['result'] | undefined
}

/** A trial by the numbers of its study and its own. */
interface TrialNumbers {
  readonly study: number
  readonly trial: number
}

/** Number of trials whose mean time tells how long the others will take. */
const sampled = 10

/** The studies in a PostgreSQL database, which are read while planners and workers change them; nothing is written. */
export class WatchedDatabase {
  readonly #connection: Connection
  readonly #studies = new Map<number, WatchedSharedStudy>()
  readonly #seconds = new Map<number, { readonly finished: number; readonly mean: number | undefined }>()

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Connects to a database.
   *
   * @throws {ArgumentError} when the address is none, the server refuses, or a newer Evenstep made the tables.
   * @throws {MachineError} when no server answers.
   */
  static async open(url: string): Promise<WatchedDatabase> {
    const connection = await Connection.reader(url)
    try {
      await connection.read((query) => hasTables(query, connection.shown))
    } catch (error) {
      await connection.close()
      throw error
    }
    return new WatchedDatabase(connection)
  }

  /** Address of the database, without a password. */
  get shown(): string {
    return this.#connection.shown
  }

  /** Returns all studies by their names; none if the database has no tables of studies yet. */
  studies(): Promise<SharedProgress[]> {
    return this.#connection.read(async (query) => {
      if (!(await hasTables(query, this.shown))) return []
      const rows = await query<Omit<SharedProgress, 'description' | 'seconds'> & { description: string }>(
        `SELECT study.id, name, description, count(trial.id)::integer AS planned, count(status)::integer AS finished,
            count(*) FILTER (WHERE status IS NULL AND worker IS NOT NULL AND due > clock_timestamp())::integer AS held
          FROM evenstep.study LEFT JOIN evenstep.trial ON study = study.id GROUP BY study.id ORDER BY name`,
      )
      const all: SharedProgress[] = []
      for (const { description, ...row } of rows) {
        const known = this.#seconds.get(row.id)
        if (row.held > 0 && known?.finished !== row.finished)
          this.#seconds.set(row.id, { finished: row.finished, mean: await meanTime(query, row.id) })
        const json = Object(jsonIn(description)) as Readonly<Record<string, unknown>>
        const seconds = this.#seconds.get(row.id)?.mean
        all.push({ ...row, seconds, description: 'factors' in json ? json : undefined })
      }
      return all
    })
  }

  /** Returns a study by its id, which is the same object as before. */
  study(id: number): WatchedSharedStudy {
    const known = this.#studies.get(id)
    if (known !== undefined) return known
    const study = new WatchedSharedStudy(this.#connection, id)
    this.#studies.set(id, study)
    return study
  }

  /** Returns a trial as it is now; undefined if there is none. */
  trial({ study, trial: id }: TrialNumbers): Promise<SharedTrial | undefined> {
    return this.#connection.read(async (query) => {
      const [row] = await query<Record<'worker' | 'reason' | 'result', string | null> & OwnFields>(
        `SELECT attempt, trial, worker, reason, result,
            status IS NULL AND worker IS NOT NULL AND due > clock_timestamp() AS "isHeld"
          FROM evenstep.trial WHERE study = $1 AND id = $2`,
        [study, id],
      )
      if (row === undefined) return undefined
      const { attempt, trial, worker, isHeld, reason } = row
      const result = row.result === null ? undefined : checkedJson(row.result, `${id}`)
      return {
        sign: [attempt, worker, isHeld, row.result !== null].join(),
        ...{ attempt, trial, isHeld, worker: worker ?? undefined, reason: reason ?? undefined },
        result: isResult(result) ? result : undefined,
      }
    })
  }

  /** Returns, for each trial, which attempt has finished it; undefined for those that have not finished. */
  async attempts(trials: readonly TrialNumbers[]): Promise<(number | undefined)[]> {
    const rows = await this.#connection.read((query) =>
      query<{ study: number; id: number; attempt: number }>(
        `SELECT study, id, attempt FROM evenstep.trial
          WHERE (study, id) IN (SELECT * FROM unnest($1::integer[], $2::integer[])) AND status IS NOT NULL`,
        [trials.map(({ study }) => study), trials.map(({ trial }) => trial)],
      ),
    )
    const known = new Map(rows.map(({ study, id, attempt }) => [`${study} ${id}`, attempt]))
    return trials.map(({ study, trial }) => known.get(`${study} ${trial}`))
  }

  /** Returns the files that workers sent of a trial's run. */
  files(study: number, trial: number): Promise<PackedFile[]> {
    return this.#connection.read((query) =>
      query(
        `SELECT name, bytes FROM evenstep.file
          WHERE study = $1 AND trial = $2 AND name IN ('run.json', 'events.jsonl', 'trial.json')`,
        [study, trial],
        forFiles,
      ),
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

type OwnFields = Pick<SharedTrial, 'attempt' | 'trial' | 'isHeld'>

async function meanTime(query: Query, study: number): Promise<number | undefined> {
  const rows = await query<{ id: number; result: string }>(
    `SELECT id, result FROM evenstep.trial WHERE study = $1 AND status IN ('done', 'diverged')
      ORDER BY id DESC LIMIT ${sampled}`,
    [study],
  )
  const results = rows.map(({ id, result }) => checkedJson(result, `${id}`)).filter(isResult)
  if (results.length === 0) return undefined
  return results.reduce((sum, { time }) => sum + time.total, 0) / results.length
}
