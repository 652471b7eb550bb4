import { checkedJson, withChecksum } from '../../core/checksum.ts'
import { DamagedError } from '../../core/errors.ts'
import type { Handle, Slot, Slots } from './slots.ts'

// Browsers open, rename and remove files asynchronously, and some cannot rename folders. Open files, however, are read
// and written without waiting. So the files of a run are numbered files that are all opened beforehand, and an index
// says which one has the content of which path: to rename a folder is to write another index. The index has two files,
// which are written in turns, each with a checksum and a number: after a crash, the one with the greater number of
// those that are whole holds.

/** Names of the two files of the index. */
export const indexNames = ['index-0', 'index-1'] as const

/** Number of open files to keep in reserve: more than are made between two waits (`refill`). */
const reserve = 16

export interface Index {
  readonly sequence: number
  /** Name of the numbered file for each path. */
  readonly files: Readonly<Record<string, string>>
  /** Paths of the folders; `''` is the folder of the run. */
  readonly folders: readonly string[]
}

/** A folder with files and folders in it, all of whose files are open. Paths are relative to it; its own is `''`. */
export class Volume {
  readonly #slots: Slots
  readonly #index: readonly Handle[]
  #sequence = 0
  #next = 0
  readonly #files = new Map<string, Slot>()
  readonly #folders = new Set<string>()
  /** Open files that nobody uses. */
  readonly #spare: Slot[] = []
  /** Files that are not used by the index as last written, but may be by the one that is on disk. */
  #freed: Slot[] = []

  private constructor(slots: Slots, index: readonly Handle[]) {
    this.#slots = slots
    this.#index = index
  }

  /**
   * Opens a volume, which nobody else can open until it is closed.
   *
   * @throws {DamagedError} when neither file of its index is whole.
   */
  static async open(slots: Slots): Promise<Volume> {
    const index = [await slots.open(indexNames[0])]
    const volume = new Volume(slots, index)
    try {
      index.push(await slots.open(indexNames[1]))
      await volume.#load()
      await volume.refill()
    } catch (error) {
      volume.close()
      throw error
    }
    return volume
  }

  async #load(): Promise<void> {
    const { sequence, files, folders } = readIndex(this.#index, this.#slots.name)
    this.#sequence = sequence
    for (const folder of folders) this.#folders.add(folder)
    const paths = new Map(Object.entries(files).map(([path, name]) => [name, path]))
    const names = new Set([...(await this.#slots.list()), ...paths.keys()])
    for (const slot of await this.#opened([...names].filter((name) => /^\d+$/.test(name)))) {
      this.#next = Math.max(this.#next, Number(slot.name) + 1)
      const path = paths.get(slot.name)
      if (path === undefined) this.#freed.push(slot)
      else this.#files.set(path, slot)
    }
    this.flush()
  }

  /** Opens files for the reserve. */
  async refill(): Promise<void> {
    const missing = Math.max(reserve - this.#spare.length - this.#freed.length, 0)
    const names = Array.from({ length: missing }, () => String(this.#next++))
    this.#spare.push(...(await this.#opened(names)))
  }

  #opened(names: readonly string[]): Promise<Slot[]> {
    return Promise.all(names.map(async (name) => ({ name, handle: await this.#slots.open(name) })))
  }

  /** Returns the kind of what is at a path. */
  kindOf(path: string): 'file' | 'folder' | undefined {
    return this.#folders.has(path) ? 'folder' : this.#files.has(path) ? 'file' : undefined
  }

  /** Returns the file at a path. */
  file(path: string): Slot | undefined {
    return this.#files.get(path)
  }

  /** Makes an empty file. */
  create(path: string): Slot {
    if (this.#spare.length === 0) this.flush()
    const slot = this.#spare.shift()
    if (slot === undefined) throw new Error(`${this.#slots.name}: no file is left in reserve`)
    this.#files.set(path, slot)
    this.#write()
    return slot
  }

  makeFolder(path: string): void {
    this.#folders.add(path)
    this.#write()
  }

  /** Returns the names of the files and folders in a folder. */
  list(folder: string): string[] {
    const before = folder === '' ? '' : `${folder}/`
    return [...this.#files.keys(), ...this.#folders]
      .filter((path) => path !== folder && path.startsWith(before))
      .map((path) => path.slice(before.length))
      .filter((name) => !name.includes('/'))
      .toSorted()
  }

  /** Renames a file or folder; what is at its new path is removed. */
  rename(from: string, to: string): void {
    this.#drop(to)
    const renamed = (path: string): string => `${to}${path.slice(from.length)}`
    for (const [path, slot] of [...this.#files].filter(([path]) => isAt(path, from))) {
      this.#files.delete(path)
      this.#files.set(renamed(path), slot)
    }
    for (const path of [...this.#folders].filter((path) => isAt(path, from))) {
      this.#folders.delete(path)
      this.#folders.add(renamed(path))
    }
    this.#write()
  }

  /** Removes a file, or a folder with all that is in it. */
  remove(path: string): void {
    this.#drop(path)
    this.#write()
  }

  #drop(from: string): void {
    for (const [path, slot] of [...this.#files].filter(([path]) => isAt(path, from))) {
      this.#files.delete(path)
      this.#freed.push(slot)
    }
    for (const path of [...this.#folders].filter((path) => isAt(path, from))) this.#folders.delete(path)
  }

  /** Writes the index: after a crash of the page, it holds. */
  #write(): void {
    this.#sequence++
    const files = Object.fromEntries([...this.#files].map(([path, { name }]) => [path, name]))
    const index: Index = { sequence: this.#sequence, files, folders: [...this.#folders] }
    const bytes = indexBytes(index)
    const handle = this.#index[this.#sequence % 2]!
    handle.write(bytes, { at: 0 })
    handle.truncate(bytes.length)
  }

  /** Flushes the index to disk: after a power cut, it holds. Files that it no longer uses are then used again. */
  flush(): void {
    this.#index[this.#sequence % 2]!.flush()
    for (const slot of this.#freed) slot.handle.truncate(0)
    this.#spare.push(...this.#freed)
    this.#freed = []
  }

  /** Closes all files. */
  close(): void {
    const slots = [...this.#files.values(), ...this.#spare, ...this.#freed]
    for (const handle of [...this.#index, ...slots.map(({ handle }) => handle)]) handle.close()
  }

  /** Removes the volume, which must be closed, from its place. */
  discard(): Promise<void> {
    return this.#slots.remove()
  }
}

/** Returns the content of an index's file. */
export const indexBytes = (index: Index): Uint8Array => new TextEncoder().encode(withChecksum(index))

/** Returns whether a path is `from`, or is in the folder `from`. */
const isAt = (path: string, from: string): boolean =>
  path === from || path.startsWith(from === '' ? '' : `${from}/`)

/** Returns the index that holds. @throws {DamagedError} when neither of its files is whole. */
function readIndex(index: readonly Handle[], name: string): Index {
  const texts = index.map(textOf)
  const found = indexIn(texts)
  if (found !== undefined) return found
  if (texts.every((text) => text === '')) return { sequence: 0, files: {}, folders: [] }
  throw new DamagedError(`${name}: wanted the list of the run's files, got a damaged one; begin another run`)
}

/** Returns the index with the greatest number, of the texts of an index's files that are whole. */
export function indexIn(texts: readonly string[]): Index | undefined {
  const whole = texts
    .filter((text) => text !== '')
    .map((text) => checkedJson(text) as Index | undefined)
    .filter((one) => typeof one?.sequence === 'number')
  return whole.toSorted((a, b) => b!.sequence - a!.sequence)[0]
}

function textOf(handle: Handle): string {
  const bytes = new Uint8Array(handle.getSize())
  handle.read(bytes, { at: 0 })
  return new TextDecoder().decode(bytes)
}
