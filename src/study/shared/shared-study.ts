import { ArgumentError } from '../../core/errors.ts'
import type { Finished } from '../analysis/findings.ts'
import { type Asked, trialKey } from '../design/design.ts'
import { checkSameStudy } from '../run/same-study.ts'
import { descriptionOf, finishedOf, resultText } from '../run/stored.ts'
import { noCurve, type TrialResult } from '../trial.ts'
import type { Connection } from './connection.ts'
import type { Query } from './query.ts'
import { keyOfSources, packSources, type SourceFiles } from './sources.ts'
import { forFiles, type PackedFile } from './trial-files.ts'

/** A study as its planner describes it to the workers. */
export interface Planned {
  readonly name: string
  readonly description: Readonly<Record<string, unknown>>
  /** Version of Evenstep, which workers must have as well. */
  readonly evenstep: string
  readonly sources: SourceFiles
  /** Path of the study's file. */
  readonly file: string
  /** Path of the experiment's file. */
  readonly origin: string
  /** Settings of the experiment that the command line changes, each as `path=value`. */
  readonly settings: readonly string[]
  /** Whether workers send the files of models. */
  readonly models: boolean
  /** Trials of the study with the greatest priority are taken first. */
  readonly priority: number
}

/** Number of times that a trial is tried again after its worker process ended or hung during it. */
export const retries = 3

/** Number of times that a trial is tried again after its lease expired, which is seldom the trial's fault. */
export const mostLost = 20

/** Most rows in one statement or answer: results have some kilobytes each. */
const chunk = 250

/**
 * A study in PostgreSQL, for its planner. Several planners of one study do no harm: each adds the trials that its design
 * requests, one after another, and finds those that the others have added.
 */
export class SharedStudy {
  readonly #connection: Connection
  readonly #id: number
  readonly #priority: number
  readonly #who: string
  /** Keys of the study's trials in the database. */
  readonly #keys = new Set<string>()
  /** Highest id of a trial in `#keys`. */
  #last = 0

  private constructor(connection: Connection, id: number, { name, priority }: Planned) {
    this.#connection = connection
    this.#id = id
    this.#priority = priority
    this.#who = `${connection.shown}, study ${name}`
  }

  /**
   * Stores a study, or finds the study of the same name.
   *
   * @throws {ArgumentError} when the database has a study of this name that this one does not extend.
   */
  static async begin(connection: Connection, planned: Planned): Promise<SharedStudy> {
    const { name, description, evenstep, sources, file, origin, settings, models, priority } = planned
    const values = [
      ...[name, JSON.stringify(description), evenstep, keyOfSources(sources), packSources(sources)],
      ...[file, origin, JSON.stringify(settings), models],
    ]
    const id = await connection.change(async (query) => {
      await query(
        `INSERT INTO evenstep.study (name, description, evenstep, key, sources, file, origin, settings, models)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING`,
        values,
      )
      const [before] = await query<{ id: number; description: string }>(
        'SELECT id, description FROM evenstep.study WHERE name = $1 FOR UPDATE',
        [name],
      )
      const who = `${connection.shown}, study ${name}`
      const stored = descriptionOf(who, before!.description)
      checkSameStudy(who, stored, JSON.parse(JSON.stringify(description)), 'another name for the study')
      await query(
        `UPDATE evenstep.study SET description = $2, evenstep = $3, key = $4, sources = $5, file = $6, origin = $7,
          settings = $8, models = $9 WHERE name = $1`,
        values,
      )
      await query('UPDATE evenstep.trial SET priority = $2 WHERE study = $1 AND status IS NULL', [
        before!.id,
        priority,
      ])
      return before!.id
    })
    return new SharedStudy(connection, id, planned)
  }

  /**
   * Adds the planned trials that are new, under the next free ids; returns the keys of all planned trials.
   *
   * @param changesOf returns the changes that turn the study's experiment into a trial's
   */
  async ask(asked: readonly Asked[], changesOf: (trial: Asked) => unknown): Promise<string[]> {
    const keys = asked.map(trialKey)
    const isKnown = (key: string): boolean => this.#keys.has(key)
    if (!keys.every(isKnown)) {
      await this.#connection.change(async (query) => {
        const rows = await query('SELECT FROM evenstep.study WHERE id = $1 FOR UPDATE', [this.#id])
        if (rows.length === 0) throw this.#deleted()
        await this.#learn(query)
        const fresh = asked.filter((_, i) => !isKnown(keys[i]!))
        for (let at = 0; at < fresh.length; at += chunk) {
          await this.#add(query, fresh.slice(at, at + chunk), this.#last + at, changesOf)
        }
        // Without statistics, PostgreSQL would sort all waiting trials whenever a worker takes one.
        if (fresh.length >= chunk) await query('ANALYZE evenstep.trial')
      })
      await this.#learn((sql, values) => this.#connection.query(sql, values))
    }
    return keys
  }

  /**
   * Returns the ids of all trials that have a result, in their order.
   *
   * @param above only those of greater ids. @default 0
   * @throws {ArgumentError} when the study has been deleted.
   */
  async finishedIds(above: number = 0): Promise<number[]> {
    const rows = await this.#connection.query<{ id: number | null }>(
      `SELECT trial.id FROM evenstep.study
        LEFT JOIN evenstep.trial ON study = study.id AND trial.id > $2 AND status IS NOT NULL
        WHERE study.id = $1 ORDER BY trial.id`,
      [this.#id, above],
    )
    if (rows.length === 0) throw this.#deleted()
    return rows.flatMap(({ id }) => id ?? [])
  }

  #deleted(): ArgumentError {
    const got = 'one that was deleted meanwhile'
    return new ArgumentError(
      `${this.#who}: wanted a study in the database, got ${got}; repeat to begin it anew`,
    )
  }

  /** Yields trials that have a result, by their ids. @throws {DamagedError} when a result is damaged */
  async *finished(ids: readonly number[]): AsyncGenerator<Finished> {
    for (let at = 0; at < ids.length; at += chunk) {
      const rows = await this.#connection.query<{ id: number; key: string; trial: string; result: string }>(
        'SELECT id, key, trial, result FROM evenstep.trial WHERE study = $1 AND id = ANY($2) ORDER BY id',
        [this.#id, ids.slice(at, at + chunk)],
      )
      for (const { trial, ...row } of rows) {
        const { settings, seed, steps, rung } = JSON.parse(trial) as Asked
        yield finishedOf(this.#who, { ...row, settings: JSON.stringify(settings), seed, steps, rung })
      }
    }
  }

  /** Returns the files that a worker sent of a trial. */
  files(id: number): Promise<PackedFile[]> {
    const sql = 'SELECT name, bytes FROM evenstep.file WHERE study = $1 AND trial = $2'
    return this.#connection.query(sql, [this.#id, id], forFiles)
  }

  /** Gives trials that have been tried too often a result: they failed, for the reason that their last worker gave. */
  async giveUp(): Promise<void> {
    const rows = await this.#connection.query<Exhausted>(
      `SELECT id, attempt, faults, worker, reason FROM evenstep.trial
        WHERE study = $1 AND status IS NULL AND (faults > $2 OR lost >= $3) AND due <= clock_timestamp()`,
      [this.#id, retries, mostLost],
    )
    for (const row of rows) {
      await this.#connection.query(
        `UPDATE evenstep.trial SET status = 'failed', result = $4
          WHERE study = $1 AND id = $2 AND attempt = $3 AND status IS NULL`,
        [this.#id, row.id, row.attempt, resultText(row.id, failureOf(row))],
      )
    }
  }

  /** Lets failed trials run again. */
  async forgetFailed(): Promise<void> {
    await this.#connection.query(
      `WITH again AS (
        UPDATE evenstep.trial SET status = NULL, result = NULL, faults = 0, lost = 0, worker = NULL,
          due = clock_timestamp(), priority = $2 WHERE study = $1 AND status = 'failed' RETURNING study, id
      ) DELETE FROM evenstep.file USING again WHERE file.study = again.study AND file.trial = again.id`,
      [this.#id, this.#priority],
    )
  }

  /** Reads the ids of trials that were added meanwhile, by this planner or by others. */
  async #learn(query: Query): Promise<void> {
    const rows = await query<{ id: number; key: string }>(
      'SELECT id, key FROM evenstep.trial WHERE study = $1 AND id > $2 ORDER BY id',
      [this.#id, this.#last],
    )
    for (const { key } of rows) this.#keys.add(key)
    this.#last = rows.at(-1)?.id ?? this.#last
  }

  async #add(
    query: Query,
    fresh: readonly Asked[],
    last: number,
    changesOf: (trial: Asked) => unknown,
  ): Promise<void> {
    await query(
      `INSERT INTO evenstep.trial (study, priority, id, key, trial, changes)
        SELECT $1, $2, * FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[])`,
      [
        ...[this.#id, this.#priority, fresh.map((_, i) => last + 1 + i), fresh.map(trialKey)],
        ...[fresh.map((one) => JSON.stringify(one)), fresh.map((one) => JSON.stringify(changesOf(one)))],
      ],
    )
  }
}

/** A trial that has been tried too often. */
interface Exhausted {
  readonly id: number
  readonly attempt: number
  readonly faults: number
  readonly worker: string | null
  readonly reason: string | null
}

/** Returns the result of a trial that has been tried too often. */
function failureOf({ id, faults, worker, reason }: Exhausted): TrialResult {
  const wanted = `trial ${id}: wanted a worker to finish it`
  const got =
    faults > retries
      ? `${faults} attempts that failed; the last: ${reason}`
      : `${mostLost + 1} attempts whose leases expired; the last by ${worker}`
  const nothing = { metrics: {}, steps: 0, time: { training: 0, total: 0 }, curve: noCurve }
  return { status: 'failed', error: `${wanted}, got ${got}`, ...nothing }
}
