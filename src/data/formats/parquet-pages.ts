import type { AsyncBuffer, Compressors, FileMetaData, PageHeader } from 'hyparquet'
import { crc32 } from '#platform'
import { malformed } from '../../core/mismatch.ts'
import { levelsOf } from './parquet-columns.ts'
import { fitsLevels, fitsRuns, type Levels } from './parquet-runs.ts'

/** Place and size of a column chunk: the consecutive pages of one column in one row group of a Parquet file. */
interface Chunk {
  /** Offset in the file of the chunk's first byte; `end` is the offset after its last byte. */
  readonly start: number
  readonly end: number
  /** Number of values in the chunk; if the column is not nested, also the row group's number of rows. */
  readonly values: number
  /** Total size of the chunk's pages in bytes, when decompressed. */
  readonly size: number
  readonly levels: Levels
  readonly isCompressed: boolean
}

/**
 * Returns all column chunks of a Parquet file, keyed by the offset of their first byte.
 *
 * @throws {FormatError} when the metadata of a chunk is impossible.
 */
export function chunksOf(
  name: string,
  { schema, row_groups }: FileMetaData,
  fileSize: number,
): Map<number, Chunk> {
  const chunks = new Map<number, Chunk>()
  const all = levelsOf(schema)
  for (const { columns, num_rows } of row_groups) {
    for (const { meta_data: meta } of columns) {
      if (!meta) continue // its data is in another file, which the reader refuses
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
      const end = start + Number(meta.total_compressed_size)
      const values = Number(meta.num_values)
      const counts = meta.path_in_schema.length > 1 ? values >= 0 : values === Number(num_rows) && values >= 0
      if (!counts || !(start >= 4 && end >= start && end <= fileSize)) {
        const wanted = `${num_rows} values of ${meta.path_in_schema.join('.')} within ${fileSize} bytes`
        throw malformed(name, wanted, `${values} in bytes ${start} to ${end}`, 'the file is damaged')
      }
      const levels = all.get(JSON.stringify(meta.path_in_schema)) ?? { repetition: 0, definition: 0 }
      const [size, isCompressed] = [Number(meta.total_uncompressed_size), meta.codec !== 'UNCOMPRESSED']
      chunks.set(start, { start, end, values, size, levels, isCompressed })
    }
  }
  return chunks
}

type HeadOf = typeof import('hyparquet/src/column.js').parquetHeader

/**
 * Wraps a Parquet file to check each column chunk when it is read, before it is decoded: a damaged count in a
 * page's header would keep the decoder busy for minutes. Checksums of pages are verified where present.
 *
 * @param headOf function that parses a page's header
 * @throws {FormatError} during reading, when a page is damaged or does not fit its chunk.
 */
export function checkedFile(
  name: string,
  file: AsyncBuffer,
  chunks: ReadonlyMap<number, Chunk>,
  headOf: HeadOf,
): AsyncBuffer {
  return {
    byteLength: file.byteLength,
    slice: async (start, end) => {
      const bytes = await file.slice(start, end)
      const chunk = chunks.get(start)
      if (chunk !== undefined && chunk.end === end) checkPages(name, bytes, chunk, headOf)
      return bytes
    },
  }
}

function checkPages(name: string, bytes: ArrayBuffer, chunk: Chunk, headOf: HeadOf): void {
  const reader = { view: new DataView(bytes), offset: 0 }
  while (reader.offset < bytes.byteLength - 1) {
    const head = headOf(reader)
    const end = reader.offset + head.compressed_page_size
    if (!(end >= reader.offset && end <= bytes.byteLength && isPossible(head, chunk))) {
      const wanted = `pages of up to ${chunk.values} values from byte ${chunk.start} to ${chunk.end}`
      throw malformed(name, wanted, 'one that cannot be', 'the file is damaged')
    }
    const sum = head.crc === undefined ? undefined : head.crc >>> 0
    if (sum !== undefined && crc32(new Uint8Array(bytes, reader.offset, end - reader.offset)) !== sum) {
      const wanted = `the page that was written at byte ${chunk.start + reader.offset}`
      throw malformed(name, wanted, 'other bytes', 'the file is damaged')
    }
    checkRuns(name, new Uint8Array(bytes, reader.offset, end - reader.offset), head, chunk)
    reader.offset = end
  }
}

/** Checks to run on pages after decompression, keyed by buffer and offset: see `checkedCompressors`. */
const pending = new WeakMap<ArrayBufferLike, Map<number, (body: Uint8Array) => void>>()

function checkRuns(
  name: string,
  page: Uint8Array,
  head: PageHeader,
  { levels, isCompressed, start }: Chunk,
): void {
  const second = head.data_page_header_v2
  const from = second ? second.repetition_levels_byte_length + second.definition_levels_byte_length : 0
  const check = (fits: boolean): void => {
    if (!fits)
      throw malformed(name, `runs that fit the pages from byte ${start} on`, 'others', 'the file is damaged')
  }
  check(fitsLevels(page, head, levels))
  if (!isCompressed || second?.is_compressed === false) check(fitsRuns(page.subarray(from), head, levels))
  else {
    const checks = pending.get(page.buffer) ?? new Map<number, (body: Uint8Array) => void>()
    pending.set(page.buffer, checks)
    checks.set(page.byteOffset + from, (body) => check(fitsRuns(body, head, levels)))
  }
}

/** Wraps decompressors so that each page of a `checkedFile` is checked after decompression, before decoding. */
export const checkedCompressors = (compressors: Compressors): Compressors =>
  Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        const body = decompress(input, length)
        pending.get(input.buffer)?.get(input.byteOffset)?.(body)
        return body
      },
    ]),
  )

/** Whether a page's header has all sizes and counts that its type needs, none greater than its column chunk's. */
function isPossible(head: PageHeader, { values, size }: Chunk): boolean {
  const {
    type,
    data_page_header: data,
    data_page_header_v2: data2,
    dictionary_page_header: dictionary,
  } = head
  const isCount = (count: unknown, most: number): boolean =>
    Number.isInteger(count) && (count as number) >= 0 && (count as number) <= most
  if (!isCount(head.uncompressed_page_size, size)) return false
  if (type === 'DATA_PAGE' && data === undefined) return false
  if (type === 'DATA_PAGE_V2' && data2 === undefined) return false
  if (type === 'DICTIONARY_PAGE' && dictionary === undefined) return false
  if (data && !isCount(data.num_values, values)) return false
  if (dictionary && !isCount(dictionary.num_values, values)) return false
  if (!data2) return true
  const levels = [data2.repetition_levels_byte_length, data2.definition_levels_byte_length]
  return (
    isCount(data2.num_values, values) &&
    isCount(data2.num_rows, values) &&
    isCount(data2.num_nulls, data2.num_values) &&
    levels.every((length) => isCount(length, head.compressed_page_size)) &&
    levels[0]! + levels[1]! <= head.compressed_page_size
  )
}
