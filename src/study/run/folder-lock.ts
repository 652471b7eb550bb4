import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { type Lock, lockAlone } from './lock.ts'

/** The lock that workers share while they live, so that a new parent can wait for those of a killed one. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds within which the workers of a killed parent must have noticed and exited. */
const patience = 60_000

/**
 * Takes an exclusive lock on a folder: no other study or advice runs in it, and no worker of a killed one.
 *
 * @throws {ArgumentError} when one does.
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
