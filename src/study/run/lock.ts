import { join } from 'node:path'
import { LockedError } from '../../core/locked.ts'
import { listed } from '../../core/text.ts'
import { forgetHolders, holdersOf, recordHolder } from './holders.ts'
import { Sqlite } from './sqlite.ts'
import { sqliteCode, withDatabase } from './sqlite-fault.ts'

/** A lock on a file, held until it is released or the process ends. */
export interface Lock {
  release(): void
}

/** Open databases, one per lock held: garbage collection of a database would release its lock. */
const held = new Set<Sqlite>()

/**
 * Takes an exclusive lock on a file: a transaction held open on an empty SQLite database. The lock is released when
 * the process ends, even if it is killed.
 *
 * @param wait milliseconds to wait for other processes to release the lock. @default 0
 * @returns undefined if another process still holds the lock
 */
export function lockAlone(path: string, wait: number = 0): Lock | undefined {
  const taken = lock(path, wait, (db) => void db.exec('BEGIN EXCLUSIVE'))
  if (taken === undefined) return undefined
  forgetHolders(path)
  recordHolder(path)
  return taken
}

/** Takes a shared lock on a file. @returns undefined if another process holds the lock exclusively */
export function lockShared(path: string): Lock | undefined {
  const taken = lock(path, 0, (db) => {
    db.exec('BEGIN')
    db.prepare('SELECT COUNT(*) FROM sqlite_master').get() // a transaction locks when it first reads
  })
  if (taken) recordHolder(path)
  return taken
}

function lock(path: string, timeout: number, begin: (db: Sqlite) => void): Lock | undefined {
  const db = withDatabase(path, () => new Sqlite(path, { timeout }))
  try {
    withDatabase(path, () => begin(db))
  } catch (error) {
    db.close()
    if (isBusy((error as Error).cause)) return undefined
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

/** SQLite's result code for a database that another process has locked. */
const busy = 5

const isBusy = (error: unknown): boolean => sqliteCode(error) === busy

/** Returns the path of the lock that worker processes hold, so that a new study waits for those of a killed one. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds to wait for worker processes of a killed parent to exit; they usually do so within a second. */
const patience = 10_000

/**
 * Takes an exclusive lock on the folder of a study or advice.
 *
 * @throws {LockedError} when another study or advice is running in the folder, or one was killed and its worker
 *   processes are still running.
 */
export function lockFolder(folder: string, kind: 'study' | 'advice'): Lock {
  const a = kind === 'study' ? 'a study' : 'an advice'
  const file = join(folder, `${kind}.lock`)
  const lock = lockAlone(file)
  if (lock === undefined) {
    const got = `one that is${named(holdersOf(file))}`
    throw new LockedError(`${folder}: wanted ${a} that is not running, got ${got}; wait, or stop it first`)
  }
  const orphans = lockAlone(workersLock(folder), patience)
  if (orphans === undefined) {
    lock.release()
    const got = `one that still runs${named(holdersOf(workersLock(folder)))}`
    throw new LockedError(`${folder}: wanted no workers of ${a} that was killed, got ${got}; end it first`)
  }
  forgetHolders(workersLock(folder)) // this process is none of them
  orphans.release()
  return lock
}

/** Returns a phrase that names processes by their ids, such as ` (process 12)`; empty if none is known. */
const named = (pids: readonly string[]): string => (pids.length === 0 ? '' : ` (process ${listed(pids)})`)
