import { deflateSync, Gunzip, Inflate } from 'fflate'
import { joinBytes } from '../core/bytes.ts'
import type { CallContext, Hash, InflateOptions } from './platform.ts'
import { portableSha256 } from './sha256.ts'

declare const navigator: { readonly hardwareConcurrency: number }

/** Returns a new SHA-256 hash. */
export const sha256 = (): Hash => portableSha256()

/** Returns the CRC-32 checksum of a text (as UTF-8) or of bytes. @param sum checksum of the bytes before. @default 0 */
export function crc32(value: string | Uint8Array, sum: number = 0): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    return c
  })
  let c = ~sum
  for (const byte of typeof value === 'string' ? new TextEncoder().encode(value) : value)
    c = table[(c ^ byte) & 0xff]! ^ (c >>> 8)
  return ~c >>> 0
}

let table: Uint32Array | undefined

/** Whether a context follows calls after they first wait for something. */
export const followsCalls: boolean = false

/** Returns a context that follows calls until they first wait for something: no browser knows more. */
export function callContext<T>(): CallContext<T> {
  let running: T | undefined
  return {
    run(value, body) {
      const outer = running
      running = value
      try {
        return body()
      } finally {
        running = outer
      }
    },
    getStore: () => running,
  }
}

/** Returns the number of threads that can compute at the same time. */
export const availableParallelism = (): number => navigator.hardwareConcurrency

/** Returns the memory in bytes that WebAssembly can address. */
export const memoryLimit = (): number => 2 ** 32

/** Lets waiting signals, timers and messages be handled. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** Maximum number of bytes in one array. */
export const mostBytes: number = 2 ** 31 - 1

/** Decompresses gzip. @throws {RangeError} when the result has more than `most` bytes, or the bytes are damaged. */
export function gunzip(bytes: Uint8Array, options: InflateOptions = {}): Uint8Array {
  const stream = new Gunzip()
  let [sum, length] = [0, 0]
  /** Compares a member with the checksum and the length before its end, which fflate does not read. */
  const check = (end: number): void => {
    const last = new DataView(bytes.buffer, bytes.byteOffset + end - 8, 8)
    if (last.getUint32(0, true) !== sum || last.getUint32(4, true) !== length % 2 ** 32)
      throw new RangeError('another checksum')
    sum = 0
    length = 0
  }
  stream.onmember = check
  const content = inflated(stream, bytes, options, (piece) => {
    sum = crc32(piece, sum)
    length += piece.length
  })
  if (!options.isStart) check(bytes.length)
  return content
}

/** Decompresses raw DEFLATE data (RFC 1951). @throws as `gunzip` */
export const inflateRaw = (bytes: Uint8Array, options: InflateOptions = {}): Uint8Array =>
  inflated(new Inflate(), bytes, options)

/** Compresses bytes to raw DEFLATE data (RFC 1951). */
export const deflateRaw = (bytes: Uint8Array): Uint8Array => deflateSync(bytes)

/** Number of compressed bytes to decompress at a time, so that data that expand without bound are noticed early. */
const pieceSize = 1 << 16

function inflated(
  stream: Gunzip | Inflate,
  bytes: Uint8Array,
  { most = mostBytes, isStart = false }: InflateOptions,
  onPiece?: (piece: Uint8Array) => void,
): Uint8Array {
  const pieces: Uint8Array[] = []
  let length = 0
  stream.ondata = (piece) => {
    pieces.push(piece)
    length += piece.length
    onPiece?.(piece)
    if (length > most) throw Object.assign(new RangeError('more bytes'), { code: 'ERR_BUFFER_TOO_LARGE' })
  }
  for (let at = 0; at < bytes.length; at += pieceSize) {
    const end = Math.min(at + pieceSize, bytes.length)
    stream.push(bytes.subarray(at, end), end === bytes.length && !isStart)
  }
  return joinBytes(pieces)
}
