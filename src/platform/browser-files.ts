import { ArgumentError, MachineError } from '../core/errors.ts'
import { mountCopyOf } from './opfs/copy.ts'
import { mountSlots, normalized, placeIn, unmountSlots } from './opfs/mounts.ts'
import { originSlots } from './opfs/origin.ts'
import type { Slot } from './opfs/slots.ts'
import type { Volume } from './opfs/volume.ts'

// The part of a file system by which runs are kept, for a web page: the functions of Node.js that `node-files.ts` has,
// on volumes in the origin-private file system. They do what the callers in this package need, and nothing more.

/** Flags for opening a file; there are no links and no pipes. */
export const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 64,
  O_NOFOLLOW: 131_072,
  O_NONBLOCK: 2048,
}

/** An open file or folder. */
interface Opened {
  readonly path: string
  readonly volume: Volume
  /** Undefined for a folder. */
  readonly slot: Slot | undefined
  position: number
}

const opened = new Map<number, Opened>()
let last = 2

/** Opens a file. @param flags `r`, `w` (make it or empty it), `wx` (make it, if it does not exist) or numbers */
export function openSync(path: string, flags: string | number): number {
  const { volume, path: own } = placed(path, 'open')
  const kind = volume.kindOf(own)
  const creates = typeof flags === 'string' ? flags !== 'r' : (flags & constants.O_CREAT) !== 0
  if (kind === undefined && !creates) throw fault('ENOENT', 'open', path)
  if (kind !== undefined && flags === 'wx') throw fault('EEXIST', 'open', path)
  if (kind === undefined && volume.kindOf(parentOf(own)) !== 'folder') throw fault('ENOENT', 'open', path)
  const slot = kind === undefined ? saved(path, () => volume.create(own)) : volume.file(own)
  if (flags === 'w') slot?.handle.truncate(0)
  opened.set(++last, { path, volume, slot, position: 0 })
  return last
}

export function closeSync(file: number): void {
  opened.delete(file)
}

/** Reads at a position or, if that is null, where the last read or write ended. */
export function readSync(
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  const one = openedOf(file)
  const at = position ?? one.position
  const read = handleOf(one).read(bytes.subarray(offset, offset + length), { at })
  one.position = at + read
  return read
}

/** Writes at a position or, if that is null, where the last read or write ended. */
export function writeSync(
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  const one = openedOf(file)
  const at = position ?? one.position
  const written = saved(one.path, () => handleOf(one).write(bytes.subarray(offset, offset + length), { at }))
  one.position = at + written
  return written
}

export const ftruncateSync = (file: number, size: number): void => {
  const one = openedOf(file)
  saved(one.path, () => handleOf(one).truncate(size))
}

/** Files of a page have no permissions. */
export const fchmodSync = (_file: number, _mode: number): void => {}

export interface FileStats {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  readonly size: number
  /** Number of the file, which stays when the file is renamed. */
  readonly ino: number
  readonly dev: number
}

export const fstatSync = (file: number): FileStats => statsOf(openedOf(file).slot)

export function lstatSync(path: string, { throwIfNoEntry = true } = {}): FileStats | undefined {
  const place = placeIn(path)
  const kind = place?.volume.kindOf(place.path)
  if (kind !== undefined) return statsOf(place!.volume.file(place!.path))
  if (throwIfNoEntry) throw fault('ENOENT', 'stat', path)
  return undefined
}

export const statSync: typeof lstatSync = lstatSync

const statsOf = (slot: Slot | undefined): FileStats => ({
  isFile: () => slot !== undefined,
  isDirectory: () => slot === undefined,
  isSymbolicLink: () => false,
  size: slot?.handle.getSize() ?? 0,
  ino: Number(slot?.name ?? -1),
  dev: 0,
})

export const existsSync = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

export function readdirSync(path: string): string[] {
  const { volume, path: own } = placed(path, 'scandir')
  if (volume.kindOf(own) !== 'folder') throw fault('ENOENT', 'scandir', path)
  return volume.list(own)
}

export function mkdirSync(path: string, { recursive = false } = {}): void {
  const { volume, path: own } = placed(path, 'mkdir')
  const kind = volume.kindOf(own)
  if (kind === 'file' || (kind === 'folder' && !recursive)) throw fault('EEXIST', 'mkdir', path)
  if (kind === 'folder') return
  if (own !== '' && volume.kindOf(parentOf(own)) === undefined) {
    if (!recursive) throw fault('ENOENT', 'mkdir', path)
    mkdirSync(dirname(path), { recursive })
  }
  saved(path, () => volume.makeFolder(own))
}

/** Renames a file or folder within a run; a file at its new path is replaced. */
export function renameSync(from: string, to: string): void {
  const { volume, path: own } = placed(from, 'rename')
  const target = placed(to, 'rename')
  const [kind, there] = [volume.kindOf(own), target.volume.kindOf(target.path)]
  if (kind === undefined || target.volume !== volume) throw fault('ENOENT', 'rename', from)
  if (there === 'folder') throw fault(kind === 'file' ? 'EISDIR' : 'EEXIST', 'rename', to)
  saved(to, () => volume.rename(own, target.path))
}

export function rmSync(path: string, { force = false } = {}): void {
  const place = placeIn(path)
  if (place?.volume.kindOf(place.path) !== undefined) place.volume.remove(place.path)
  else if (!force) throw fault('ENOENT', 'rm', path)
}

/** Writes chunks of bytes to an open file. */
export async function writeVector(
  file: number,
  chunks: readonly Uint8Array[],
): Promise<{ readonly bytesWritten: number }> {
  const write = (bytes: Uint8Array): number => writeSync(file, bytes, 0, bytes.length, null)
  return { bytesWritten: chunks.reduce((sum, bytes) => sum + write(bytes), 0) }
}

/** Flushes an open file, or the list of files in an open folder. */
export async function flushFile(file: number): Promise<void> {
  const { path, volume, slot } = openedOf(file)
  saved(path, () => (slot ? slot.handle.flush() : volume.flush()))
  await volume.refill()
}

/** Removes a folder and all that is in it, if it is there. */
export const removeFolder = async (folder: string): Promise<void> => rmSync(folder, { force: true })

/** Whether a folder can be flushed to disk. */
export const flushesFolders = true

export const join = (...parts: readonly string[]): string => normalized(parts.join('/'))

export const resolve: (path: string) => string = normalized

export const dirname = (path: string): string => parentOf(normalized(path)) || '.'

export const basename = (path: string): string => normalized(path).split('/').at(-1)!

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))

/**
 * Makes a run's folder in the origin-private file system accessible to the other functions, for this worker alone.
 *
 * @throws {LockedError} when another page or worker has the run open.
 * @throws {ArgumentError} outside of a worker.
 * @throws {MachineError} when the browser has no such file system here.
 */
export async function mount(folder: string): Promise<void> {
  await mountSlots(folder, () => originSlots(folder))
}

/** Lets the other functions read the files of a run or of one of its checkpoints, as they are now, on a page too. */
export const mountForReading: (folder: string) => Promise<void> = mountCopyOf

/** Closes a run's folder, so that others can open it. */
export const unmount: (folder: string) => Promise<void> = unmountSlots

/** Finds the volume of a path. @throws {ArgumentError} when it is not open */
function placed(path: string, syscall: string): { readonly volume: Volume; readonly path: string } {
  const place = placeIn(path)
  if (place !== undefined) return place
  if (syscall !== 'mkdir') throw fault('ENOENT', syscall, path)
  throw new ArgumentError(
    `${path}: wanted a folder that is open in this worker, got another; open the run with await RunFolder.open`,
  )
}

/** Returns an error as Node.js throws it, which callers recognize by its code. */
const fault = (code: string, syscall: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path })

function openedOf(file: number): Opened {
  const one = opened.get(file)
  if (one === undefined) throw new Error('wanted a file that is open, got one that is closed')
  return one
}

function handleOf({ slot, path }: Opened): Slot['handle'] {
  if (slot === undefined) throw fault('EISDIR', 'read', path)
  return slot.handle
}

/** Calls `write`. @throws {MachineError} when there is no room left for what it writes */
function saved<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (cause) {
    if ((cause as Error).name !== 'QuotaExceededError') throw cause
    const fix = 'remove runs with storage.remove, or free space on the disk, then resume'
    throw new MachineError(
      `${path.replaceAll('.partial', '')}: wanted to write it, got no room in what this site may store (QuotaExceededError); ${fix}`,
      { cause },
    )
  }
}
