import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { lockHolder, lockPrefix } from '../../disk/holder.ts'
import { lockRun } from '../../disk/lock.ts'

/** What the names of the temporary folders of workers begin with. */
const prefix = 'evenstep-worker-'

/** The name of such a folder, as `mkdtemp` makes it. */
const pattern = new RegExp(`^${prefix}[A-Za-z0-9]{6}$`)

/** A worker's temporary folder. */
export interface WorkerFolder {
  readonly path: string
  /** Removes the folder. */
  remove(): void
}

/**
 * Makes a temporary folder for a worker, after removing those that workers of this user left when they were killed.
 *
 * @param root folder to make it in. @default the system's folder for temporary files
 */
export function makeWorkerFolder(root: string = tmpdir()): WorkerFolder {
  for (const name of readdirSync(root)) if (pattern.test(name)) removeIfLeft(join(root, name))
  const path = mkdtempSync(join(root, prefix))
  const lock = lockRun(path)
  return {
    path,
    remove() {
      lock.release()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Removes a worker's folder if this user owns it, and the worker that locked it has ended. */
function removeIfLeft(path: string): void {
  try {
    const status = lstatSync(path)
    const { uid } = userInfo() // −1 on Windows
    if (!status.isDirectory() || (uid >= 0 && status.uid !== uid)) return
    // A folder without a lock is being made by a worker that has not come to lock it yet.
    const isLocked = readdirSync(path).some((name) => name.startsWith(lockPrefix))
    if (isLocked && lockHolder(path) === undefined) rmSync(path, { recursive: true, force: true })
  } catch {
    // Another worker is removing it, or a file in it cannot be read: it is not in the way.
  }
}
