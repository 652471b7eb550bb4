import { crc32, deflateRaw, inflateRaw } from '#platform'
import { joinBytes } from '../../core/bytes.ts'
import { FormatError } from '../../core/errors.ts'
import { foreignFormat } from '../../core/foreign-format.ts'
import { malformed } from '../../core/mismatch.ts'

// The subset of the ZIP format that NPZ files use: stored or deflated entries, one disk, no encryption.
// Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  wideEnd: 0x06064b50,
  wideLocator: 0x07064b50,
}

/** The files of a ZIP archive, each decompressed when it is read. */
export class Archive {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #name: string
  readonly #entries: ReadonlyMap<string, Entry>

  /** @throws {FormatError} when the archive is truncated or damaged. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#name = name
    this.#entries = this.#reported(() => {
      const all = entries(this.#view)
      checkEntries(all, bytes.length, name)
      return new Map(all.map((entry) => [entry.name, entry]))
    })
  }

  /** Names of the files, in the archive's order. */
  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /** Returns the decompressed size that the archive states for a file, in bytes. */
  sizeOf(file: string): number {
    return this.#entries.get(file)!.size
  }

  /** Returns at least the first few kilobytes of a file, or all of a shorter one. @throws {FormatError} as `read` */
  startOf(file: string): Uint8Array {
    return this.#reported(() => contentStart(this.#bytes, this.#view, this.#entries.get(file)!, this.#name))
  }

  /**
   * Returns the content of a file.
   *
   * @throws {FormatError} when the file is truncated or damaged, or its checksum does not match.
   */
  read(file: string): Uint8Array {
    return this.#reported(() => content(this.#bytes, this.#view, this.#entries.get(file)!, this.#name))
  }

  #reported<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      const other = foreignFormat(this.#bytes, ['npz', 'torch', 'zip'])
      if (other) throw malformed(this.#name, 'a ZIP archive', other.got, other.fix)
      const message = `${this.#name}: wanted a whole ZIP archive, got one that is truncated or damaged`
      throw new FormatError(message, { cause })
    }
  }
}

/** Returns name, compression method, checksum, sizes and offset of each file in a ZIP archive. */
function entries(view: DataView): Entry[] {
  const end = endOf(view)
  const wide = wideEnd(view, end)
  const count = wide ? whole(view, wide + 32) : view.getUint16(end + 10, true)
  const start = wide ? whole(view, wide + 48) : view.getUint32(end + 16, true)
  const size = wide ? whole(view, wide + 40) : view.getUint32(end + 12, true)
  let at = start
  if (46 * count > view.byteLength) throw new RangeError('more entries than bytes')
  const found = Array.from({ length: count }, () => {
    if (view.getUint32(at, true) !== signatures.central) throw new RangeError('no entry here')
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true))
    const entry = {
      name: textAt(view, at + 46, nameLength!),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...extents(view, at, at + 46 + nameLength!, extra!),
    }
    at += 46 + nameLength! + extra! + comment!
    return entry
  })
  if (at !== start + size) throw new RangeError('another number of entries')
  return found
}

interface Entry {
  readonly name: string
  readonly encrypted: boolean
  readonly method: number
  readonly crc: number
  /** Compressed size, in bytes. */
  readonly packed: number
  /** Decompressed size, in bytes. */
  readonly size: number
  /** Offset of the file's local header. */
  readonly start: number
}

/** Returns the offset of the end-of-directory record of an archive; a comment of ≤ 65,535 bytes may follow. */
function endOf(view: DataView): number {
  let end = view.byteLength - 22
  const first = Math.max(0, end - 0xffff)
  while (end >= first && view.getUint32(end, true) !== signatures.end) end--
  if (end < first) throw new RangeError('no end')
  return end
}

/** Returns the offset of the ZIP64 end record, for counts too large for the record at `end`; undefined without one. */
function wideEnd(view: DataView, end: number): number | undefined {
  if (end < 20 || view.getUint32(end - 20, true) !== signatures.wideLocator) return undefined
  const at = whole(view, end - 12)
  if (view.getUint32(at, true) !== signatures.wideEnd) throw new RangeError('no ZIP64 end here')
  return at
}

/** Value that stands for a size or offset beyond 32 bits, which a ZIP64 field holds instead. */
const huge = 0xffffffff

/** Reads a file's sizes and offset from its directory entry at `at`, whose extra fields start at `from`. */
function extents(view: DataView, at: number, from: number, length: number) {
  const short = [24, 20, 42].map((offset) => view.getUint32(at + offset, true))
  let field = from
  while (field + 4 <= from + length && view.getUint16(field, true) !== 1) {
    field += 4 + view.getUint16(field + 2, true)
  }
  let next = field + 4
  const [size, packed, start] = short.map((value) => {
    if (value !== huge) return value
    if (next + 8 > from + length) throw new RangeError('no ZIP64 field')
    next += 8
    return whole(view, next - 8)
  })
  return { size: size!, packed: packed!, start: start! }
}

/** Reads a 64-bit offset or size; throws if it is too large to be exact as a number. */
function whole(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true))
  if (Number.isSafeInteger(value)) return value
  throw new RangeError('beyond any file')
}

const textAt = (view: DataView, at: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length))

/** @throws {FormatError} when two files have the same name, or overlap, as in archives made to fill memory. */
function checkEntries(all: readonly Entry[], bytes: number, name: string): void {
  const names = new Set<string>()
  for (const entry of all) {
    if (names.has(entry.name)) throw malformed(name, 'a name for each file', `${entry.name} twice`)
    names.add(entry.name)
  }
  if (all.reduce((sum, { packed }) => sum + packed, 0) > bytes) throw new RangeError('files that overlap')
}

/** Returns the content of one file of a ZIP archive, decompressed. @throws {RangeError} when it is damaged. */
function content(archive: Uint8Array, view: DataView, entry: Entry, name: string): Uint8Array {
  const { method, crc, size } = entry
  const body = bodyOf(archive, view, entry, name)
  const bytes = method === 0 ? body : inflateRaw(body, { most: Math.max(size, 1) })
  if (bytes.length !== size || crc32(bytes) !== crc) throw new RangeError('another checksum')
  return bytes
}

/** Number of compressed bytes that hold the beginning of a file. */
const prefix = 1 << 12

function contentStart(archive: Uint8Array, view: DataView, entry: Entry, name: string): Uint8Array {
  const body = bodyOf(archive, view, entry, name).subarray(0, prefix)
  return entry.method === 0 ? body : inflateRaw(body, { isStart: true })
}

/** Returns the bytes of a file as the archive stores them. */
function bodyOf(archive: Uint8Array, view: DataView, entry: Entry, name: string): Uint8Array {
  const { encrypted, method, packed, start } = entry
  if (encrypted) throw malformed(name, 'files that are not encrypted', entry.name)
  if (method !== 0 && method !== 8)
    throw malformed(name, 'files stored or deflated', `${entry.name} by method ${method}`)
  if (view.getUint32(start, true) !== signatures.local) throw new RangeError('no file here')
  const nameLength = view.getUint16(start + 26, true)
  if (textAt(view, start + 30, nameLength) !== entry.name) throw new RangeError('another name')
  const from = start + 30 + nameLength + view.getUint16(start + 28, true)
  return archive.subarray(from, from + packed)
}

/** Packs files, keyed by name, into a ZIP archive. Files are dated 1980: equal files give equal bytes. */
export function pack(files: ReadonlyMap<string, Uint8Array>, compress: boolean): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const [name, bytes] of files) {
    const text = new TextEncoder().encode(name)
    const body = compress ? deflateRaw(bytes) : bytes
    const common = [20, 0, compress ? 8 : 0, 0, 0x21] // version, flags, method, time, date
    const sizes = [crc32(bytes), body.length, bytes.length]
    const local = record(signatures.local, common, sizes, [text.length, 0])
    const central = record(signatures.central, [20, ...common], sizes, [text.length, 0, 0, 0, 0, 0, 0], [at])
    directory.push(central, text)
    parts.push(local, text, body)
    at += local.length + text.length + body.length
  }
  const length = directory.reduce((n, part) => n + part.length, 0)
  const end = record(signatures.end, [0, 0, files.size, files.size], [length, at], [0])
  return joinBytes([...parts, ...directory, end])
}

/** Encodes a ZIP header: a 32-bit signature, then the lists of integers, alternately of 16 and 32 bits. */
function record(signature: number, ...fields: readonly (readonly number[])[]): Uint8Array {
  const width = (i: number): number => (i % 2 === 0 ? 2 : 4)
  const length = 4 + fields.reduce((n, field, i) => n + field.length * width(i), 0)
  const view = new DataView(new ArrayBuffer(length))
  view.setUint32(0, signature, true)
  let at = 4
  for (const [i, field] of fields.entries()) {
    for (const value of field) {
      if (width(i) === 2) view.setUint16(at, value, true)
      else view.setUint32(at, value, true)
      at += width(i)
    }
  }
  return new Uint8Array(view.buffer)
}
