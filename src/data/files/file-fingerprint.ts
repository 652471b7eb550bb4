import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { digest } from '../fingerprint.ts'

/**
 * A short hash of a file, however large, and of the options it is read with. It covers the file's size and
 * 64 kB each at its beginning, middle and end; not its name or modification time, so a copy hashes the same.
 */
export function fileFingerprint(path: string, options: object): string {
  const hash = createHash('sha256').update(JSON.stringify(options))
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    hash.update(`${size}`)
    for (const at of [0, Math.floor((size - sample) / 2), size - sample]) hash.update(bytesAt(file, at))
  } finally {
    closeSync(file)
  }
  return digest(hash)
}

const sample = 65_536

/** Up to `sample` bytes from `at` on. */
function bytesAt(file: number, at: number): Uint8Array {
  const bytes = new Uint8Array(sample)
  return bytes.subarray(0, readSync(file, bytes, 0, sample, Math.max(0, at)))
}
