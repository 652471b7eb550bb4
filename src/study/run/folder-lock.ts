import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { type Lock, lockAlone } from './lock.ts'

/** Path of the lock that workers share while they run, so that a new parent can wait for a killed one's workers. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds to wait for the workers of a killed parent, which exit once they notice. */
const patience = 60_000

/**
 * Takes an exclusive lock on a folder.
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
