/** A source of bytes that are read on demand, such as a file. */
export interface ByteSource {
  readonly length: number
  /**
   * Returns a copy of the bytes from offset `start` to offset `end` (exclusive). It is an ArrayBuffer, since a
   * Uint8Array holds at most 4 GiB.
   */
  read(start: number, end: number): ArrayBuffer
}

/** Returns a source that reads from an array of bytes. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
})
