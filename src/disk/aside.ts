import { existsSync, renameSync, rmSync } from '#files'
import { checkInside } from './inside.ts'
import { partialOf } from './whole-file.ts'

/** Renames a folder that is about to be removed, so that no process finds it half removed. @returns the new path */
export function setAside(path: string): string {
  const discarded = partialOf(`${path}.old`)
  rmSync(discarded, { recursive: true, force: true })
  if (checkInside(path, 'a folder')) renameSync(path, discarded)
  return discarded
}

/** Undoes `setAside` if nothing has taken the folder's place. */
export function putBack(path: string): void {
  const aside = partialOf(`${path}.old`)
  if (!existsSync(path) && existsSync(aside)) renameSync(aside, path)
}
