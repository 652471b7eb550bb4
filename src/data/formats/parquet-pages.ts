import { crc32 } from 'node:zlib'
import type { AsyncBuffer, FileMetaData, PageHeader } from 'hyparquet'
import { FormatError } from '../../core/errors.ts'

/** Part of a row group: the pages of one column. */
interface Chunk {
  readonly start: number
  readonly end: number
  /** Number of values: that of the group's rows, where the column is flat. */
  readonly values: number
  /** Size of its uncompressed pages in bytes. */
  readonly size: number
}

/**
 * The column chunks of a file, by where they start.
 *
 * @throws {FormatError} when the metadata of one is impossible.
 */
export function chunksOf(name: string, { row_groups }: FileMetaData, fileSize: number): Map<number, Chunk> {
  const chunks = new Map<number, Chunk>()
  for (const { columns, num_rows } of row_groups) {
    for (const { meta_data: meta } of columns) {
      if (!meta) continue // in another file, which the reader reports
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
      const end = start + Number(meta.total_compressed_size)
      const values = Number(meta.num_values)
      const counts = meta.path_in_schema.length > 1 ? values >= 0 : values === Number(num_rows) && values >= 0
      if (!counts || !(start >= 4 && end >= start && end <= fileSize)) {
        throw new FormatError(
          `${name}: wanted ${num_rows} values of ${meta.path_in_schema.join('.')} within ${fileSize} bytes, got ` +
            `${values} in bytes ${start} to ${end}; the file is damaged`,
        )
      }
      chunks.set(start, { start, end, values, size: Number(meta.total_uncompressed_size) })
    }
  }
  return chunks
}

type HeadOf = typeof import('hyparquet/src/column.js').parquetHeader

/**
 * The same file, whose column chunks are checked before they are decoded: a damaged count in the header of a
 * page would keep the decoder busy for minutes. Where a page has a checksum, it is verified.
 *
 * @param headOf reads the header of a page
 * @throws {FormatError} while it is read, when a page does not fit its chunk, or is damaged.
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
      throw new FormatError(
        `${name}: wanted pages of up to ${chunk.values} values from byte ${chunk.start} to ${chunk.end}, got one that ` +
          'cannot be; the file is damaged',
      )
    }
    const sum = head.crc === undefined ? undefined : head.crc >>> 0
    if (sum !== undefined && crc32(new Uint8Array(bytes, reader.offset, end - reader.offset)) !== sum) {
      throw new FormatError(
        `${name}: wanted the page that was written at byte ${chunk.start + reader.offset}, got other bytes; ` +
          'the file is damaged',
      )
    }
    reader.offset = end
  }
}

/** Whether a page may be part of a chunk, by its header. */
function isPossible(head: PageHeader, { values, size }: Chunk): boolean {
  const { data_page_header: data, data_page_header_v2: data2, dictionary_page_header: dictionary } = head
  const counts = [data?.num_values, data2?.num_values, data2?.num_rows, dictionary?.num_values]
  return (
    head.uncompressed_page_size <= size &&
    counts.every((count) => count === undefined || (count >= 0 && count <= values))
  )
}
