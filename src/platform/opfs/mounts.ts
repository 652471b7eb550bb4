import { LockedError } from '../../core/locked.ts'
import type { Slots } from './slots.ts'
import { Volume } from './volume.ts'

/** A volume that is open, and the path of a file or folder in it. */
interface Place {
  readonly volume: Volume
  readonly path: string
}

/** Open volumes, by the paths of their folders. */
const volumes = new Map<string, Promise<Volume> | Volume>()

/** Copies of folders that are not open here, by the paths of the folders. */
const copies = new Map<string, Volume>()

/** Opens the volume of a folder. @throws {LockedError} when it is open already */
export async function mountSlots(folder: string, slots: () => Promise<Slots>): Promise<void> {
  const own = normalized(folder)
  if (volumes.has(own)) {
    const got = 'one that this worker has open'
    throw new LockedError(`${folder}: wanted a run that nobody has open, got ${got}; close it there first`)
  }
  const opening = slots().then((place) => Volume.open(place))
  volumes.set(own, opening)
  try {
    volumes.set(own, await opening)
  } catch (error) {
    volumes.delete(own)
    throw error
  }
}

/** Closes the volume of a folder, if it is open; discards it if nothing is in it. */
export async function unmountSlots(folder: string): Promise<void> {
  const own = normalized(folder)
  const volume = volumes.get(own)
  if (!(volume instanceof Volume)) return
  volumes.delete(own)
  volume.close()
  if (volume.kindOf('') === undefined) await volume.discard()
}

/** Whether the volume of a folder is open. */
export const isMounted = (folder: string): boolean => volumes.get(normalized(folder)) instanceof Volume

/** Opens the copy of a folder, to be read whenever the folder itself is not open. @param slots undefined removes it */
export async function mountCopy(folder: string, slots: Slots | undefined): Promise<void> {
  const own = normalized(folder)
  copies.delete(own)
  if (slots) copies.set(own, await Volume.open(slots))
}

/** Finds the volume that a path lies in. */
export function placeIn(path: string): Place | undefined {
  const parts = normalized(path).split('/')
  for (let length = parts.length; length > 0; length--) {
    const folder = parts.slice(0, length).join('/')
    const open = volumes.get(folder)
    const volume = open instanceof Volume ? open : copies.get(folder)
    if (volume) return { volume, path: parts.slice(length).join('/') }
  }
  return undefined
}

/** Returns a path without `.`, `..` and superfluous slashes; relative, since there is only one folder to begin at. */
export function normalized(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}
