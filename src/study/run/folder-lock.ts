import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { type Lock, lockAlone } from './lock.ts'

/** What workers share while they live, so that those of a parent that was killed can be waited for. */
export const workersLock = (folder: string): string => join(folder, 'workers.lock')

/** Milliseconds that workers of a parent that was killed may take to notice. */
const patience = 60_000

/**
 * Have a folder alone: no other study or advice runs in it, and no worker of one that was killed.
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
