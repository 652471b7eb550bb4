/** Bytes that are read on demand, such as those of a file. */
export interface ByteSource {
  readonly length: number
  /**
   * Returns the bytes from `start` to `end` (exclusive), in memory of their own. A buffer, since an array of bytes
   * holds at most 4 GiB.
   */
  read(start: number, end: number): ArrayBuffer
}

/** Returns the bytes of an array as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
})
