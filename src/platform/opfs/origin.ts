import { ArgumentError, MachineError } from '../../core/errors.ts'
import { LockedError } from '../../core/locked.ts'
import { normalized } from './mounts.ts'
import type { Handle, Slots } from './slots.ts'
import { type Index, indexIn, indexNames } from './volume.ts'

/** A file of the origin-private file system. */
interface OriginFile {
  readonly kind: 'file'
  getFile(): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>
  createSyncAccessHandle?(): Promise<Handle>
}

/** A folder of the origin-private file system. */
export interface OriginFolder {
  readonly kind: 'directory'
  getDirectoryHandle(name: string, options?: { readonly create: boolean }): Promise<OriginFolder>
  getFileHandle(name: string, options?: { readonly create: boolean }): Promise<OriginFile>
  removeEntry(name: string, options?: { readonly recursive: boolean }): Promise<void>
  entries(): AsyncIterable<[name: string, OriginFile | OriginFolder]>
}

interface Scope {
  readonly navigator?: { readonly storage?: { getDirectory?(): Promise<OriginFolder> } }
}

/** Folder of the origin-private file system in which runs are kept, so that they meet no files of the page. */
const rootName = 'evenstep'

/** Milliseconds to wait for files that another page has open: a page that was closed takes a while to end. */
const grace = 1000

/**
 * Returns the folder of a run in the origin-private file system.
 *
 * @throws {MachineError} when the browser has no such file system here.
 */
export async function originSlots(folder: string): Promise<Slots> {
  const path = pathOf(folder)
  const root = await rootOf()
  let own = root
  for (const name of path) own = await own.getDirectoryHandle(name, { create: true })
  return {
    name: folder,
    open: async (file) => openAlone(folder, await own.getFileHandle(file, { create: true })),
    list: async () => (await entriesOf(own)).map(([name]) => name),
    remove: () => removeFrom(root, path, folder),
  }
}

/** Returns the names in a run's path. @throws {ArgumentError} when it is empty */
function pathOf(folder: string): readonly string[] {
  const path = normalized(folder)
  if (path === '') throw new ArgumentError(`${folder}: wanted the name of a folder for the run, got none`)
  return path.split('/')
}

async function rootOf(): Promise<OriginFolder> {
  const { navigator } = globalThis as Scope
  if (navigator?.storage?.getDirectory === undefined) {
    const fix = 'serve the page over HTTPS or from localhost, outside of private windows'
    throw new MachineError(`storage: wanted the origin-private file system, got a page without it; ${fix}`)
  }
  return (await navigator.storage.getDirectory()).getDirectoryHandle(rootName, { create: true })
}

async function openAlone(folder: string, file: OriginFile): Promise<Handle> {
  if (file.createSyncAccessHandle === undefined) {
    const fix = 'train in a worker, with train.inWorker'
    throw new ArgumentError(`${folder}: wanted a worker, where runs can be kept, got the page itself; ${fix}`)
  }
  for (const begun = performance.now(); ; ) {
    try {
      return await file.createSyncAccessHandle()
    } catch (error) {
      if ((error as Error).name !== 'NoModificationAllowedError') throw error
      if (performance.now() - begun > grace) throw lockedElsewhere(folder)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

const lockedElsewhere = (folder: string): LockedError =>
  new LockedError(
    `${folder}: wanted a run that nobody has open, got one that another page or worker has; close it there first`,
  )

async function entriesOf(folder: OriginFolder): Promise<[string, OriginFile | OriginFolder][]> {
  const all: [string, OriginFile | OriginFolder][] = []
  for await (const entry of folder.entries()) all.push(entry)
  return all
}

async function removeFrom(root: OriginFolder, path: readonly string[], folder: string): Promise<void> {
  let above = root
  try {
    for (const name of path.slice(0, -1)) above = await above.getDirectoryHandle(name)
    await above.removeEntry(path.at(-1)!, { recursive: true })
  } catch (error) {
    const { name } = error as Error
    if (name === 'NoModificationAllowedError') throw lockedElsewhere(folder)
    if (name === 'NotFoundError')
      throw new ArgumentError(`${folder}: wanted the folder of a run, got no such folder`)
    throw error
  }
}

/** Returns the paths of the folders in which runs are kept, in alphabetical order. */
export async function listRuns(): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: OriginFolder, path: string): Promise<void> => {
    const entries = await entriesOf(folder)
    if (entries.some(([name]) => name === indexNames[0])) found.push(path)
    for (const [name, entry] of entries)
      if (entry.kind === 'directory') await visit(entry, path === '' ? name : `${path}/${name}`)
  }
  await visit(await rootOf(), '')
  return found.toSorted()
}

/** Removes the folder of a run. @throws {LockedError} when it is open */
export const removeRun = async (folder: string): Promise<void> =>
  removeFrom(await rootOf(), pathOf(folder), folder)

/** Reads a file of a run; undefined if the run has no such file. @throws {ArgumentError} when there is no such run */
export async function readOfRun(folder: string, path: string): Promise<Uint8Array | undefined> {
  const own = await folderAt(folder)
  const index = own && (await indexOf(own))
  if (own === undefined || index === undefined)
    throw new ArgumentError(`${folder}: wanted the folder of a run, got no such folder`)
  const name = index.files[normalized(path)]
  return name === undefined ? undefined : contentOf(own, name)
}

/** Finds a folder of the origin-private file system; undefined when there is none. */
export async function folderAt(folder: string): Promise<OriginFolder | undefined> {
  let own = await rootOf()
  try {
    for (const name of pathOf(folder)) own = await own.getDirectoryHandle(name)
    return own
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') throw error
    return undefined
  }
}

/** Returns the index of a run's files that holds now; undefined when there is no run in the folder. */
export async function indexOf(own: OriginFolder): Promise<Index | undefined> {
  const text = (bytes: Uint8Array = new Uint8Array()): string => new TextDecoder().decode(bytes)
  return indexIn(await Promise.all(indexNames.map(async (name) => text(await contentOf(own, name)))))
}

/** Reads a file; undefined when there is none. */
export async function contentOf(own: OriginFolder, name: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await (await (await own.getFileHandle(name)).getFile()).arrayBuffer())
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') throw error
    return undefined
  }
}
