import { ArgumentError } from '../../core/errors.ts'
import type { Query } from './query.ts'

/**
 * Statements that make the tables of studies in PostgreSQL, step by step: a database of version n has had the first n.
 * Steps are added at the end and never changed.
 *
 * `due` of a trial that is not finished is when it may be taken: at once, after a pause, or when its lease expires. It
 * is the database's time, so the clocks of workers play no part. `attempt` counts how often it was taken, and is the
 * token of its lease: only the attempt that holds the trial may finish it.
 */
const migrations: readonly string[] = [
  `CREATE TABLE evenstep.study (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, description text NOT NULL,
    evenstep text NOT NULL, key text NOT NULL, sources bytea NOT NULL, file text NOT NULL, origin text NOT NULL,
    settings text NOT NULL, models boolean NOT NULL
  );
  CREATE TABLE evenstep.trial (
    study integer NOT NULL REFERENCES evenstep.study ON DELETE CASCADE, id integer NOT NULL,
    key text NOT NULL, trial text NOT NULL, changes text NOT NULL, priority integer NOT NULL,
    due timestamptz NOT NULL DEFAULT clock_timestamp(), attempt integer NOT NULL DEFAULT 0, worker text,
    faults integer NOT NULL DEFAULT 0, lost integer NOT NULL DEFAULT 0, reason text,
    status text, result text, PRIMARY KEY (study, id)
  );
  CREATE UNIQUE INDEX ON evenstep.trial (study, md5(key));
  CREATE INDEX ON evenstep.trial (priority DESC, id) WHERE status IS NULL;
  CREATE TABLE evenstep.file (
    study integer NOT NULL, trial integer NOT NULL, name text NOT NULL, bytes bytea NOT NULL,
    PRIMARY KEY (study, trial, name), FOREIGN KEY (study, trial) REFERENCES evenstep.trial ON DELETE CASCADE
  );`,
]

/**
 * Brings the tables of studies up to this version of Evenstep; the caller holds a transaction.
 *
 * @throws {ArgumentError} when a newer version of Evenstep made them.
 */
export async function migrate(query: Query, shown: string): Promise<void> {
  if ((await versionOf(query, shown)) === migrations.length) return
  await query(`SELECT pg_advisory_xact_lock(hashtext('evenstep'))`)
  const before = await versionOf(query, shown)
  if (before === 0) {
    // IF NOT EXISTS would need the right to create it even where it exists.
    const [schema] = await query(`SELECT FROM pg_namespace WHERE nspname = 'evenstep'`)
    if (schema === undefined) await query('CREATE SCHEMA evenstep')
    await query('CREATE TABLE evenstep.version (version integer NOT NULL)')
    await query('INSERT INTO evenstep.version VALUES (0)')
  }
  for (const migration of migrations.slice(before)) await query(migration)
  await query('UPDATE evenstep.version SET version = $1', [migrations.length])
}

/**
 * Whether the database has the tables of studies.
 *
 * @throws {ArgumentError} when a newer version of Evenstep made them.
 */
export const hasTables = async (query: Query, shown: string): Promise<boolean> =>
  (await versionOf(query, shown)) > 0

async function versionOf(query: Query, shown: string): Promise<number> {
  const [{ made } = { made: false }] = await query<{ made: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'evenstep' AND tablename = 'version') AS made`,
  )
  if (!made) return 0
  const [{ version } = { version: 0 }] = await query<{ version: number }>(
    'SELECT version FROM evenstep.version',
  )
  if (version <= migrations.length) return version
  throw new ArgumentError(
    `${shown}: wanted tables of version ${migrations.length} or less, got ${version}, which a newer Evenstep made; update this one`,
  )
}
