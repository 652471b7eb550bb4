import { closeSync, fstatSync, readSync } from 'node:fs'
import { onFile } from '../disk/fault.ts'
import { openInside } from '../disk/inside.ts'

/** A file that is read at any position while another process appends to it. */
export interface PieceReader {
  /** Size of the file in bytes when it was opened. */
  readonly size: number
  /** Returns up to `length` bytes from `position` on. They are overwritten by the next call. */
  read(position: number, length: number): Uint8Array
}

/** Calls `use` with a file inside the folder of a run; returns undefined when the file does not exist. */
export function withPieces<T>(path: string, use: (file: PieceReader) => T): T | undefined {
  const file = openInside(path)
  if (file === undefined) return undefined
  try {
    const { size } = fstatSync(file)
    return use({
      size,
      read(position, length) {
        const buffer = pieceOf(length)
        const count = onFile(path, () => readSync(file, buffer, 0, length, position))
        return buffer.subarray(0, count)
      },
    })
  } finally {
    closeSync(file)
  }
}

let shared = new Uint8Array(1 << 16)

function pieceOf(length: number): Uint8Array {
  if (shared.length < length) shared = new Uint8Array(length)
  return shared
}
