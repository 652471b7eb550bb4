import { bytesOf } from '../../core/bytes.ts'
import { malformed, mismatch } from '../../core/mismatch.ts'
import { boolean, type OptionsOf, readOptions, type ValuesOf } from '../../core/options.ts'
import { checkNpyLength, type NpyArray, npyBytes, parseNpy } from './npy.ts'
import { Archive, pack } from './zip.ts'

/**
 * Parses the bytes of an NPZ file, NumPy's archive of arrays, and returns its arrays, keyed by name.
 *
 * @param name file name to show in errors
 * @throws {FormatError} when the archive is damaged, a name occurs twice, or `parseNpy` refuses an array in it.
 */
export function parseNpz(file: Uint8Array, name: string): Readonly<Record<string, NpyArray>> {
  const arrays = new NpzArrays(bytesOf('parseNpz', file), name)
  return Object.fromEntries(arrays.names.map((key) => [key, arrays.read(key)]))
}

/** The arrays of an NPZ file, each decompressed when it is read. */
export class NpzArrays {
  readonly #archive: Archive
  readonly #name: string
  /** Name of the file in the archive for each array. */
  readonly #files = new Map<string, string>()

  /** @throws {FormatError} when the archive is damaged, or a name occurs twice. */
  constructor(file: Uint8Array, name: string) {
    this.#archive = new Archive(file, name)
    this.#name = name
    for (const entry of this.#archive.names) {
      const key = entry.replace(/\.npy$/, '')
      if (this.#files.has(key)) throw malformed(name, 'a name for each array', `${key} twice`)
      this.#files.set(key, entry)
    }
  }

  get names(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** Returns an array by its name. @throws {FormatError} when it is damaged, or `parseNpy` refuses it. */
  read(key: string): NpyArray {
    const [file, who] = [this.#files.get(key)!, `${this.#name}: ${key}`]
    // Its header says how long the file must be, so that no more than this array is decompressed.
    checkNpyLength(this.#archive.startOf(file), this.#archive.sizeOf(file), who)
    return parseNpy(this.#archive.read(file), who)
  }
}

/** Options for writing an NPZ file. */
export const npzOptions = {
  /** Whether to compress arrays, as `np.savez_compressed` does. @default true */
  compress: boolean(true),
}

export interface NpzOptions extends OptionsOf<typeof npzOptions> {}

/** Encodes arrays, keyed by name, as the bytes of an NPZ file. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>, given: NpzOptions = {}): Uint8Array {
  return npzBytes('encodeNpz', arrays, readOptions('encodeNpz', npzOptions, given))
}

/** Encodes arrays like `encodeNpz`. @param who name of the caller in errors */
export function npzBytes(
  who: string,
  arrays: Readonly<Record<string, NpyArray>>,
  { compress }: ValuesOf<typeof npzOptions>,
): Uint8Array {
  if (typeof arrays !== 'object' || arrays === null) throw mismatch(who, 'arrays by name', arrays)
  const files = Object.entries(arrays).map(
    ([name, array]) => [`${name}.npy`, npyBytes(`${who}: ${name}`, array)] as const,
  )
  return pack(new Map(files), compress)
}
