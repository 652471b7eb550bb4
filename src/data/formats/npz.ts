import { encodeNpy, type NpyArray, parseNpy } from './npy.ts'
import { pack, unpack } from './zip.ts'

/** As `readNpz`, from bytes; `name` is what messages call them. */
export function parseNpz(file: Uint8Array, name: string): Readonly<Record<string, NpyArray>> {
  const arrays = [...unpack(file, name)].map(([entry, bytes]) => {
    const key = entry.replace(/\.npy$/, '')
    return [key, parseNpy(bytes, `${name}: ${key}`)] as const
  })
  return Object.fromEntries(arrays)
}

/** Arrays as the bytes of an NPZ file, deflated as by `np.savez_compressed` unless told otherwise. */
export function encodeNpz(
  arrays: Readonly<Record<string, NpyArray>>,
  { compress = true }: { readonly compress?: boolean } = {},
): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const)
  return pack(new Map(files), compress)
}
