import Sqlite from 'libsql'

/** What a process has until it gives it back, or ends. */
export interface Lock {
  release(): void
}

/** The databases of locks, kept until they are given back: the garbage collector would close one that nothing refers to. */
const held = new Set<Sqlite.Database>()

/**
 * Have a lock alone: an empty SQLite database under a transaction, which the operating system ends with the process,
 * however that ends.
 *
 * @param wait milliseconds to wait for those who have it; none unless given
 * @returns nothing when another process still has it
 */
export function lockAlone(path: string, wait: number = 0): Lock | undefined {
  return lock(path, wait, (db) => void db.exec('BEGIN EXCLUSIVE'))
}

/** Have a lock together with others who share it. @returns nothing when a process has it alone */
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
