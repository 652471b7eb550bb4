import { DamagedError } from '../../core/errors.ts'

/** SQL statements that create the tables of a study's database, by table name. */
export const tables: Readonly<Record<string, string>> = {
  study: 'CREATE TABLE study (description TEXT NOT NULL)',
  trial: `CREATE TABLE trial (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, settings TEXT NOT NULL, seed INTEGER NOT NULL,
    steps INTEGER NOT NULL, rung INTEGER NOT NULL, status TEXT, result TEXT
  )`,
}

/** A row of `sqlite_master`: a table, view, trigger or index of a database, with the SQL statement that created it. */
export interface SchemaEntry {
  readonly type: string
  readonly name: string
  readonly sql: string | null
}

/**
 * Checks that a database has only a study's tables, created by the same statements, and no views or triggers: those
 * run when rows are read or written, and in a stranger's file they might never end.
 *
 * @throws {DamagedError} naming the first difference.
 */
export function checkSchema(path: string, entries: readonly SchemaEntry[]): void {
  for (const { type, name, sql } of entries) {
    if (type === 'index' && sql === null) continue // that of a unique column
    const own = type === 'table' && Object.hasOwn(tables, name) ? tables[name] : undefined
    if (own !== undefined && plain(own) === plain(sql ?? '')) continue
    const got = own === undefined ? `the ${type} ${JSON.stringify(name)}` : `other columns in ${name}`
    throw new DamagedError(`${path}: wanted the tables of a study, got ${got}; move the file away`)
  }
}

/** Normalizes the white space of an SQL statement, so that statements can be compared. */
const plain = (sql: string): string => sql.replace(/\s+/g, ' ').replace(/\( | \)/g, (pair) => pair.trim())
