import { existsSync, unmount } from '#files'
import type { FolderLock } from '../core/locked.ts'

/**
 * Returns the lock on a run's folder, which this worker has since it opened the folder. It ends with the worker, since
 * browsers then close its files.
 */
export const lockRun = (folder: string): FolderLock => ({
  get isHeld() {
    return existsSync(folder)
  },
  release: () => void unmount(folder),
})
