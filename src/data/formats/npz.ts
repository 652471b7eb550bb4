import { malformed } from '../../core/mismatch.ts'
import { boolean, type OptionsOf, readOptions } from '../../core/options.ts'
import { encodeNpy, type NpyArray, parseNpy } from './npy.ts'
import { pack, unpack } from './zip.ts'

/**
 * Parses the bytes of an NPZ file, NumPy's archive of arrays, and returns its arrays, keyed by name.
 *
 * @param name file name to show in errors
 * @throws {FormatError} when the archive is damaged, a name occurs twice, or `parseNpy` refuses an array in it.
 */
export function parseNpz(file: Uint8Array, name: string): Readonly<Record<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>()
  for (const [entry, bytes] of unpack(file, name)) {
    const key = entry.replace(/\.npy$/, '')
    if (arrays.has(key)) throw malformed(name, 'a name for each array', `${key} twice`)
    arrays.set(key, parseNpy(bytes, `${name}: ${key}`))
  }
  return Object.fromEntries(arrays)
}

/** Options for writing an NPZ file. */
export const npzOptions = {
  /** Whether to compress arrays, as `np.savez_compressed` does. @default true */
  compress: boolean(true),
}

export interface NpzOptions extends OptionsOf<typeof npzOptions> {}

/** Encodes arrays, keyed by name, as the bytes of an NPZ file. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>, given: NpzOptions = {}): Uint8Array {
  const { compress } = readOptions('encodeNpz', npzOptions, given)
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const)
  return pack(new Map(files), compress)
}
