import { mismatch } from './mismatch.ts'

/** Maximum number of bytes to read or write in one call: systems refuse 2 GiB or more, or miscount them. */
export const mostAtOnce = 2 ** 30

/** Returns the bytes of several arrays, one after the other, in a new array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Returns a view of the bytes of a typed array. */
export const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Returns `file`, which must be an array of bytes. @throws {ArgumentError} when it is not. */
export function bytesOf(who: string, file: unknown): Uint8Array {
  if (file instanceof Uint8Array) return file
  throw mismatch(who, 'the bytes of a file', file, 'such as fs.readFileSync(path)')
}
