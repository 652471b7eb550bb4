import { closeSync, readSync } from '#files'
import { crc32 } from '#platform'
import { DamagedError } from '../core/errors.ts'
import { onFile } from '../disk/fault.ts'
import { fileSource } from '../disk/file-source.ts'
import { openInside } from '../disk/inside.ts'
import { readTensors, type Stored } from './safetensors.ts'

/**
 * Reads a safetensors file in the folder of a run, each tensor directly into its own memory.
 *
 * @param name file name for error messages. @default path
 * @param check called with the CRC-32 checksum of the file's bytes before any tensor is read. @default no check
 * @returns the tensors by name; undefined if the file does not exist
 * @throws {FormatError} when the file is damaged, or is a symbolic link.
 * @throws {MachineError} when the file cannot be read.
 */
export function tensorsInside(
  path: string,
  name: string = path,
  check?: (sum: number) => void,
): Map<string, Stored> | undefined {
  const file = openInside(path)
  if (file === undefined) return undefined
  try {
    check?.(onFile(path, () => sumOfFile(file)))
    return onFile(path, () => readTensors(fileSource(file, path), name))
  } finally {
    closeSync(file)
  }
}

/** Returns the CRC-32 checksum of a file inside the folder of a run; undefined when there is no such file. */
export function sumOfInside(path: string): number | undefined {
  const file = openInside(path)
  if (file === undefined) return undefined
  try {
    return onFile(path, () => sumOfFile(file))
  } finally {
    closeSync(file)
  }
}

/** Computes the CRC-32 checksum of an open file, a small part at a time to save memory. */
function sumOfFile(file: number): number {
  const piece = new Uint8Array(1 << 20)
  let sum = 0
  for (let at = 0; ; ) {
    const size = readSync(file, piece, 0, piece.length, at)
    if (size === 0) return sum
    sum = crc32(piece.subarray(0, size), sum)
    at += size
  }
}

/** Computes the CRC-32 checksum of the concatenation of byte arrays. */
export const sumOfChunks = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, bytes) => crc32(bytes, sum), 0)

/** Returns the error for a file whose checksum is no longer the one that it was written with. */
export const otherBytes = (name: string): DamagedError =>
  new DamagedError(`${name}: wanted the bytes that were written, got others; the file is damaged`)
