import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { isBusy, Sqlite } from './sqlite.ts'

/** A lock on a file, held until it is released or the process ends. */
export interface Lock {
  release(): void
}

/** Open databases, one per lock held: if they were garbage-collected, they would be closed and so unlocked. */
const held = new Set<Sqlite>()

/**
 * Takes an exclusive lock on a file: a transaction held open on an empty SQLite database. It ends with the
 * process, even if the process is killed.
 *
 * @param wait milliseconds to wait for other processes to release the lock. @default 0
 * @returns undefined if another process still holds the lock
 */
export const lockAlone = (path: string, wait: number = 0): Lock | undefined =>
  lock(path, wait, (db) => void db.exec('BEGIN EXCLUSIVE'))

/** Takes a shared lock on a file. @returns undefined if another process holds the lock exclusively */
export function lockShared(path: string): Lock | undefined {
  return lock(path, 0, (db) => {
    db.exec('BEGIN')
    db.prepare('SELECT COUNT(*) FROM sqlite_master').get() // a transaction locks when it first reads
  })
}

function lock(path: string, timeout: number, begin: (db: Sqlite) => void): Lock | undefined {
  const db = new Sqlite(path, { timeout })
  try {
    begin(db)
  } catch (error) {
    db.close()
    if (isBusy(error)) return undefined
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

/** Returns the path of the lock file of workers: a new parent process waits for workers of a killed one. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds to wait until workers of a killed parent process exit, as they do when they notice its end. */
const patience = 60_000

/**
 * Takes an exclusive lock on the folder of a study or advice.
 *
 * @throws {ArgumentError} when another study or advice runs in the folder, or a worker of a killed one.
 */
export function lockFolder(folder: string, kind: 'study' | 'advice'): Lock {
  const a = kind === 'study' ? 'a study' : 'an advice'
  const lock = lockAlone(join(folder, `${kind}.lock`))
  if (lock === undefined) {
    throw new ArgumentError(
      `${folder}: wanted ${a} that is not running, got one that is; wait, or stop it first`,
    )
  }
  const orphans = lockAlone(workersLock(folder), patience)
  if (orphans === undefined) {
    lock.release()
    throw new ArgumentError(
      `${folder}: wanted no workers of ${a} that was killed, got one that still runs; end it first`,
    )
  }
  orphans.release()
  return lock
}
