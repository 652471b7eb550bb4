import { MachineError } from '../../core/errors.ts'
import { memorySlots } from './memory.ts'
import { isMounted, mountCopy, normalized } from './mounts.ts'
import { contentOf, folderAt, indexOf, type OriginFolder } from './origin.ts'
import type { Slots } from './slots.ts'
import { indexBytes, indexNames } from './volume.ts'

/**
 * Lets the files that a run has now be read, from a copy in memory unless the run is open here.
 *
 * @param folder folder of the run, or of one of its checkpoints
 * @throws {MachineError} when the browser has no such file system here.
 */
export async function mountCopyOf(folder: string): Promise<void> {
  for (const path of [normalized(folder), normalized(`${folder}/../..`)]) {
    if (path === '' || isMounted(path)) return
    const copy = await copyOfRun(path)
    await mountCopy(path, copy)
    if (copy) return
  }
}

/** Number of times that the files of a run are read until they were the same before and after. */
const attempts = 10

/**
 * Returns a copy in memory of the files that a run has now, wherever the run is open; undefined when there is no run.
 *
 * @throws {MachineError} when the files change whenever they are read.
 */
async function copyOfRun(folder: string): Promise<Slots | undefined> {
  const own = await folderAt(folder)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const index = own && (await indexOf(own))
    if (own === undefined || index === undefined) return undefined
    const files = await contentsOf(own, Object.values(index.files))
    if (files && (await indexOf(own))?.sequence === index.sequence)
      return memorySlots(folder, files.set(indexNames[0], indexBytes(index)))
  }
  const got = 'one whose files change all the time'
  throw new MachineError(`${folder}: wanted a run that can be read, got ${got}; open it between two epochs`)
}

/** Reads files; undefined when one was removed or written meanwhile. */
async function contentsOf(
  own: OriginFolder,
  names: readonly string[],
): Promise<Map<string, Uint8Array> | undefined> {
  try {
    const all = await Promise.all(names.map(async (name) => [name, await contentOf(own, name)] as const))
    return all.every((one) => one[1] !== undefined) ? new Map(all as [string, Uint8Array][]) : undefined
  } catch (error) {
    if ((error as Error).name !== 'NotReadableError') throw error
    return undefined
  }
}
