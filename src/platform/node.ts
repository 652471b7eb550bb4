import { AsyncLocalStorage } from 'node:async_hooks'
import { kMaxLength } from 'node:buffer'
import { createHash } from 'node:crypto'
import { availableParallelism as processors, totalmem } from 'node:os'
import { constrainedMemory } from 'node:process'
import { setImmediate } from 'node:timers/promises'
import {
  constants,
  gunzipSync,
  inflateRawSync,
  crc32 as zlibCrc32,
  deflateRawSync as zlibDeflateRaw,
} from 'node:zlib'
import { viewOf } from '../core/bytes.ts'
import type { CallContext, Hash, InflateOptions } from './platform.ts'

/** Returns a new SHA-256 hash. */
export function sha256(): Hash {
  const hash = createHash('sha256')
  return {
    update(value) {
      hash.update(typeof value === 'string' ? value : viewOf(value))
      return this
    },
    hex: () => hash.digest('hex'),
  }
}

/** Returns the CRC-32 checksum of a text (as UTF-8) or of bytes. @param sum checksum of the bytes before. @default 0 */
export const crc32 = (value: string | Uint8Array, sum: number = 0): number => zlibCrc32(value, sum)

/** Whether a context follows calls after they first wait for something. */
export const followsCalls: boolean = true

/** Returns a context that follows asynchronous calls. */
export const callContext = <T>(): CallContext<T> => new AsyncLocalStorage<T>()

/** Returns the number of threads that can compute at the same time. */
export const availableParallelism = (): number => processors()

/** Returns the memory in bytes that this process may use: the machine's, or the container's if it has a limit. */
export function memoryLimit(): number {
  const limit = constrainedMemory() // 0 or an absurd number without a limit
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** Lets waiting signals, timers and messages be handled. */
export const pause = (): Promise<void> => setImmediate()

/** Maximum number of bytes in one array. */
export const mostBytes: number = kMaxLength

/** Decompresses gzip. @throws {RangeError} when the result has more than `most` bytes, or the bytes are damaged. */
export const gunzip = (bytes: Uint8Array, options: InflateOptions = {}): Uint8Array =>
  gunzipSync(bytes, given(options))

/** Decompresses raw DEFLATE data (RFC 1951). @throws as `gunzip` */
export const inflateRaw = (bytes: Uint8Array, options: InflateOptions = {}): Uint8Array =>
  inflateRawSync(bytes, given(options))

/** Compresses bytes to raw DEFLATE data (RFC 1951). */
export const deflateRaw = (bytes: Uint8Array): Uint8Array => zlibDeflateRaw(bytes)

const given = ({ most, size, isStart = false }: InflateOptions) => ({
  ...(most !== undefined && { maxOutputLength: most }),
  ...(size !== undefined && { chunkSize: size }),
  ...(isStart && { finishFlush: constants.Z_SYNC_FLUSH }),
})
