import Sqlite from 'libsql'

/** A lock, held until it is released or the process ends. */
export interface Lock {
  release(): void
}

/** Databases of the locks held: the garbage collector would close a database that nothing refers to. */
const held = new Set<Sqlite.Database>()

/**
 * Takes an exclusive lock: an open transaction on an empty SQLite database, which ends with the process, however
 * that dies.
 *
 * @param wait milliseconds to wait for other holders. @default 0
 * @returns undefined if another process still holds the lock
 */
export const lockAlone = (path: string, wait: number = 0): Lock | undefined =>
  lock(path, wait, (db) => void db.exec('BEGIN EXCLUSIVE'))

/** Takes a shared lock. @returns undefined if another process holds the lock exclusively */
export function lockShared(path: string): Lock | undefined {
  return lock(path, 0, (db) => {
    db.exec('BEGIN')
    db.prepare('SELECT COUNT(*) FROM sqlite_master').get() // a transaction locks when it first reads
  })
}

function lock(path: string, timeout: number, begin: (db: Sqlite.Database) => void): Lock | undefined {
  const db = new Sqlite(path, { timeout })
  try {
    begin(db)
  } catch (error) {
    db.close()
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  held.add(db)
  return {
    release() {
      held.delete(db)
      db.exec('ROLLBACK') // closing alone waits for statements to be collected
      db.close()
    },
  }
}
