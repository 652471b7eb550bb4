import { closeSync, openSync } from 'node:fs'
import { basename } from 'node:path'
import { malformed, mismatch } from '../../core/mismatch.ts'
import { fileFault, systemCode } from '../../disk/fault.ts'
import { readBytes } from '../../disk/read-bytes.ts'

/**
 * Returns the bytes of a file of any size that fits into memory. The caller may keep and change them.
 *
 * @throws {FormatError} when there is no such file.
 * @throws {MachineError} when it cannot be read, for want of a permission or by a fault of the disk.
 */
export const readFile = (path: string): Uint8Array => withFile(path, (file) => readBytes(file, path))

/** Opens a file, calls `body` with its descriptor and closes it. @throws {FormatError} as `readFile` */
export function withFile<T>(path: string, body: (file: number) => T): T {
  const file = opened(path)
  try {
    return body(file)
  } catch (cause) {
    throw explained(path, cause)
  } finally {
    closeSync(file)
  }
}

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
  ERR_INVALID_ARG_TYPE: 'no path',
}

/**
 * Converts an error of reading a file to one that names the file: a `FormatError` when the path is wrong, otherwise a
 * `MachineError`. Returns any other error unchanged.
 */
export function explained(path: string, cause: unknown, wanted: string = 'a file'): unknown {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  if (typeof code === 'string') {
    const isFault = systemCode(cause) !== undefined && !(code in reasons)
    return isFault
      ? fileFault(path, cause)
      : malformed(String(path), wanted, reasons[code] ?? `an error: ${code}`)
  }
  if (cause instanceof RangeError) return malformed(path, 'a file that fits into memory', cause.message)
  return cause
}

/** Returns the last part of a path, to name a file in messages. @throws {ArgumentError} if it is not a path */
export function fileName(path: string): string {
  if (typeof path !== 'string' || path === '') throw mismatch('data', 'the path of a file as a text', path)
  return basename(path)
}
