import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { sha256 } from '#platform'
import { digest } from '../fingerprint.ts'

/**
 * Returns a short hash of a file and of the options it is read with. To be fast, it hashes only the file's size
 * and 64 kB each at its start, middle and end; not its name or date, so a copy has the same hash.
 */
export function fileFingerprint(path: string, options: object): string {
  const hash = sha256().update(JSON.stringify(options))
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    hash.update(`${size}`)
    const bytes = new Uint8Array(sample)
    for (const at of [0, Math.floor((size - sample) / 2), size - sample]) {
      hash.update(bytes.subarray(0, readSync(file, bytes, 0, sample, Math.max(0, at))))
    }
  } finally {
    closeSync(file)
  }
  return digest(hash)
}

/** Number of bytes to hash at the start, in the middle and at the end of a file. */
const sample = 65_536
