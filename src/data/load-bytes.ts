import { untilAborted } from '../core/abort.ts'
import { joinBytes } from '../core/bytes.ts'
import { FormatError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { readOptions } from '../core/options.ts'
import { type CollectOptions, readingOptions } from './stream.ts'

/** A `ReadableStream` of bytes. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>
    cancel(reason?: unknown): Promise<unknown>
  }
}

/** Where bytes come from: bytes in memory, a `Blob` or `File`, a `Response`, a `URL` to fetch, or a stream of bytes. */
export type ByteInput =
  | Uint8Array
  | ArrayBuffer
  | { readonly href: string }
  | { stream(): unknown }
  | { readonly ok: boolean; readonly status: number; readonly url: string; readonly body: unknown }
  | ByteStream
  | AsyncIterable<Uint8Array>

/**
 * Reads all bytes of a `File`, `Blob`, `Response`, `URL` or stream, for the readers that take bytes: `parseCsv`,
 * `parseTable`, `parseParquet`, `parseParquetTable`, `parseNpy`, `parseNpz`, `parseNpzExamples`, `parseIdx`,
 * `parseIdxImages`, `train.readSafetensors` and `train.loadSafetensors`.
 *
 * @returns the bytes; a `Uint8Array` itself, not a copy
 * @throws {ArgumentError} when `source` is none of these; a path is read by `data.csv` and others in Node.js.
 * @throws {FormatError} when a server answers with an error.
 * @throws the reason of `signal`, once it is aborted; a download stops then.
 */
export async function loadBytes(source: ByteInput, given: CollectOptions = {}): Promise<Uint8Array> {
  const { signal } = readOptions('loadBytes', readingOptions, given)
  signal?.throwIfAborted()
  if (source instanceof Uint8Array) return source
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  const parts: Uint8Array[] = []
  const opened = hasField(source, 'href') ? await fetched(source.href as string, signal) : source
  for await (const part of untilAborted(signal, pieces(opened))) parts.push(part)
  return joinBytes(parts)
}

const fetched = (href: string, signal: unknown): Promise<Response> =>
  fetch(href, signal ? { signal: signal as AbortSignal } : {})

const hasField = <K extends string>(value: unknown, name: K): value is Readonly<Record<K, unknown>> =>
  typeof value === 'object' && value !== null && name in value

/** Yields the bytes of an open source in pieces; leaving the loop early cancels the source. */
async function* pieces(source: unknown): AsyncGenerator<Uint8Array> {
  if (hasField(source, 'body') && hasField(source, 'status')) {
    checkAnswer(source)
    if (source.body !== null) yield* pieces(source.body)
  } else if (hasField(source, 'stream')) yield* pieces((source as { stream(): unknown }).stream())
  else if (hasField(source, 'getReader')) yield* readerPieces(source as unknown as ByteStream)
  else if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source)
    for await (const part of source as AsyncIterable<unknown>) yield checkedPiece(part)
  else {
    const wanted = 'bytes, a File, a Blob, a Response, a URL or a stream of bytes'
    throw mismatch('loadBytes', wanted, source, 'write new URL(…) around an address')
  }
}

function checkAnswer(response: Readonly<Record<'body' | 'status', unknown>>): void {
  const { ok, status, url } = response as unknown as Response
  if (ok) return
  throw new FormatError(`loadBytes: wanted the bytes of ${url}, got status ${status}; check the address`)
}

async function* readerPieces(stream: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  let isDone = false
  try {
    while (true) {
      const { done, value } = await reader.read()
      isDone = done
      if (done) return
      yield checkedPiece(value)
    }
  } finally {
    if (!isDone) await reader.cancel()
  }
}

function checkedPiece(part: unknown): Uint8Array {
  if (part instanceof Uint8Array) return part
  throw mismatch('loadBytes', 'pieces of bytes', part, 'encode texts with TextEncoder')
}
