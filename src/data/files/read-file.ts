import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { malformed, mismatch } from '../../core/mismatch.ts'

/**
 * Returns the bytes of a file of any size that fits into memory.
 *
 * @throws {FormatError} when there is no such file, or it cannot be read.
 */
export function readFile(path: string): Uint8Array {
  const file = opened(path)
  try {
    const { size } = fstatSync(file)
    const bytes = new Uint8Array(size)
    let at = 0
    while (at < size) {
      const read = readSync(file, bytes, at, Math.min(size - at, most), null)
      if (read === 0) throw malformed(path, `${size} bytes`, `${at}`, 'the file changed while it was read')
      at += read
    }
    return bytes
  } catch (cause) {
    throw explained(path, cause)
  } finally {
    closeSync(file)
  }
}

/** Maximum number of bytes that the system reads at a time: it refuses 2 GiB and more. */
const most = 1 << 30

function opened(path: string): number {
  fileName(path)
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw explained(path, cause)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'none; check the path',
  ENOTDIR: 'none; check the path',
  EISDIR: 'a folder',
  EACCES: 'one that this user may not read',
  EPERM: 'one that this user may not read',
  ERR_INVALID_ARG_TYPE: 'no path',
}

/** Converts a file system error to an error that names the file; returns any other error unchanged. */
export function explained(path: string, cause: unknown, wanted: string = 'a file'): unknown {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  if (typeof code === 'string') return malformed(String(path), wanted, reasons[code] ?? `an error: ${code}`)
  if (cause instanceof RangeError) return malformed(path, 'a file that fits into memory', cause.message)
  return cause
}

/** Returns the last part of a path, as the name of a file in messages. @throws {ArgumentError} for what is no path. */
export function fileName(path: string): string {
  if (typeof path !== 'string' || path === '') throw mismatch('data', 'the path of a file as a text', path)
  return basename(path)
}
