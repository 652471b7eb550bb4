import { DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import type { Change } from '../../train/spec.ts'
import { isTrial, resultText } from '../run/stored.ts'
import type { Trial, TrialResult } from '../trial.ts'
import type { Connection } from './connection.ts'
import { mostLost, retries } from './shared-study.ts'
import { forFiles, type PackedFile } from './trial-files.ts'

/** A study that has trials to run, as workers see it. */
export interface OpenStudy {
  readonly id: number
  readonly name: string
  readonly key: string
  readonly evenstep: string
}

/** What a worker needs to know of a study to run its trials. */
export interface StudyWork {
  readonly description: string
  readonly sources: Uint8Array
  readonly file: string
  readonly origin: string
  readonly settings: string
  readonly models: boolean
}

/** A trial that a worker has taken. `attempt` is the token by which its lease is renewed and its result is stored. */
export interface Taken {
  readonly study: number
  readonly attempt: number
  readonly trial: Trial
  readonly changes: readonly Change[]
}

/** The trials of all studies in PostgreSQL, for a worker. */
export class TrialQueue {
  readonly #connection: Connection
  readonly #worker: string
  readonly #lease: number
  /** Settled once the last result is stored. */
  #stored: Promise<unknown> = Promise.resolve()

  /**
   * @param worker name of the worker, such as `host:process`
   * @param lease seconds after which a trial that was taken may be taken by another worker, unless it is renewed
   */
  constructor(connection: Connection, worker: string, lease: number) {
    this.#connection = connection
    this.#worker = worker
    this.#lease = lease
  }

  /** Returns the studies that have trials without a result. */
  openStudies(): Promise<OpenStudy[]> {
    return this.#connection.query(
      `SELECT id, name, key, evenstep FROM evenstep.study
        WHERE EXISTS (SELECT FROM evenstep.trial WHERE study = study.id AND status IS NULL) ORDER BY id`,
    )
  }

  /** Returns the names of all studies. */
  async names(): Promise<string[]> {
    const rows = await this.#connection.query<{ name: string }>(
      'SELECT name FROM evenstep.study ORDER BY name',
    )
    return rows.map(({ name }) => name)
  }

  /** Returns what a worker needs to run trials of a study; undefined when it has other sources by now. */
  async workOf({ id, key }: OpenStudy): Promise<StudyWork | undefined> {
    const [work] = await this.#connection.query<StudyWork>(
      'SELECT description, sources, file, origin, settings, models FROM evenstep.study WHERE id = $1 AND key = $2',
      [id, key],
    )
    return work
  }

  /**
   * Takes the next trial of these studies, by priority and number; undefined when all are taken or finished.
   *
   * @throws {DamagedError} when the trial in the database is damaged.
   */
  async take(studies: readonly number[]): Promise<Taken | undefined> {
    const [row] = await this.#connection.query<TakenRow>(
      `UPDATE evenstep.trial SET attempt = attempt + 1, lost = lost + (worker IS NOT NULL)::integer, worker = $2,
          due = clock_timestamp() + $3 * interval '1 second'
        WHERE (study, id) = (
          SELECT study, id FROM evenstep.trial
            WHERE study = ANY($1) AND status IS NULL AND due <= clock_timestamp() AND faults <= $4 AND lost < $5
            ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING study, id, attempt, trial, changes`,
      [studies, this.#worker, this.#lease, retries, mostLost],
    )
    if (row === undefined) return undefined
    const { study, id, attempt } = row
    const [trial, changes] = [jsonIn(row.trial), jsonIn(row.changes)]
    if (!isTrial(trial) || !isChanges(changes)) {
      const fix = `delete the study: DELETE FROM evenstep.study WHERE id = ${study}`
      throw new DamagedError(
        `${this.#connection.shown}: wanted trial ${id} of a study as it was planned, got something else; ${fix}`,
      )
    }
    return { study, attempt, trial: { ...trial, id }, changes }
  }

  /** Renews the leases of trials that this worker still holds. */
  async renew(taken: readonly Taken[]): Promise<void> {
    if (taken.length > 0)
      await this.#connection.query(
        `UPDATE evenstep.trial SET due = clock_timestamp() + $4 * interval '1 second'
          FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS held (study, id, attempt)
          WHERE (trial.study, trial.id, trial.attempt) = (held.study, held.id, held.attempt) AND status IS NULL`,
        [...columns(taken), this.#lease],
      )
  }

  /** Gives trials back, so that another worker may take them at once: this one stops. */
  async giveBack(taken: readonly Taken[]): Promise<void> {
    if (taken.length > 0)
      await this.#connection.query(
        `UPDATE evenstep.trial SET due = clock_timestamp(), worker = NULL
          FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS held (study, id, attempt)
          WHERE (trial.study, trial.id, trial.attempt) = (held.study, held.id, held.attempt) AND status IS NULL`,
        columns(taken),
      )
  }

  /**
   * Gives a trial back that ended or hung its process, to be tried again after 1, 4 and 16 seconds.
   *
   * @param end how the process ended, such as `was killed by SIGKILL (process 12)`
   */
  async fault({ study, trial, attempt }: Taken, end: string): Promise<void> {
    await this.#connection.query(
      `UPDATE evenstep.trial SET faults = faults + 1, reason = $4, worker = NULL,
          due = clock_timestamp() + power(4, faults) * (faults < $5)::integer * interval '1 second'
        WHERE study = $1 AND id = $2 AND attempt = $3 AND status IS NULL AND worker IS NOT NULL`,
      [study, trial.id, attempt, `its process ${end}, of the worker ${this.#worker}`, retries],
    )
  }

  /**
   * Stores a trial's result and files, unless the trial has been taken by another worker since, or is finished. Results
   * are stored one after another: leases are renewed on the other connection, however long that takes.
   *
   * @returns whether they were stored
   */
  finish(taken: Taken, result: TrialResult, files: readonly PackedFile[]): Promise<boolean> {
    const stored = this.#stored.then(() => this.#store(taken, result, files))
    this.#stored = stored.catch(() => {}) // reported by whoever awaits it
    return stored
  }

  #store(
    { study, trial, attempt }: Taken,
    result: TrialResult,
    files: readonly PackedFile[],
  ): Promise<boolean> {
    return this.#connection.change(async (query) => {
      const rows = await query(
        `UPDATE evenstep.trial SET status = $4, result = $5
          WHERE study = $1 AND id = $2 AND attempt = $3 AND status IS NULL RETURNING id`,
        [study, trial.id, attempt, result.status, resultText(trial.id, result)],
      )
      if (rows.length === 0) return false
      for (const { name, bytes } of files) {
        await query(
          'INSERT INTO evenstep.file VALUES ($1, $2, $3, $4)',
          [study, trial.id, name, bytes],
          forFiles,
        )
      }
      return true
    })
  }
}

const isChanges = (value: unknown): value is Change[] =>
  Array.isArray(value) && value.every((one) => Array.isArray(one) && typeof one[0] === 'string')

interface TakenRow {
  readonly study: number
  readonly id: number
  readonly attempt: number
  readonly trial: string
  readonly changes: string
}

const columns = (taken: readonly Taken[]): number[][] => [
  taken.map(({ study }) => study),
  taken.map(({ trial }) => trial.id),
  taken.map(({ attempt }) => attempt),
]
