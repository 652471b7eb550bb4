import { crc32 } from 'node:zlib'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { FormatError } from '../core/errors.ts'

/** The part of a row group that holds one column. */
interface Chunk {
  readonly start: number
  readonly end: number
  /** Values in it: as many as the group has rows, where the column is flat. */
  readonly values: number
  /** Bytes of its pages when they are not compressed. */
  readonly size: number
}

/** The column chunks of a file by where they start. @throws {FormatError} when a group says something impossible of one. */
export function chunksOf(name: string, { row_groups }: FileMetaData, fileSize: number): Map<number, Chunk> {
  const chunks = new Map<number, Chunk>()
  for (const { columns, num_rows } of row_groups) {
    for (const { meta_data: meta } of columns) {
      if (!meta) continue // in another file, which the reader says
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
      const end = start + Number(meta.total_compressed_size)
      const values = Number(meta.num_values)
      const isFlat = meta.path_in_schema.length === 1
      if (
        !(start >= 4 && end >= start && end <= fileSize) ||
        values < 0 ||
        (isFlat && values !== Number(num_rows))
      ) {
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

/**
 * The same file, whose column chunks are looked through before they are decoded: a damaged count in the head of a page
 * would have the decoder make up values for minutes. Where a page has a checksum, it is compared.
 *
 * @throws {FormatError} while it is read, when a page does not fit its chunk.
 */
export function checkedFile(
  name: string,
  file: AsyncBuffer,
  chunks: ReadonlyMap<number, Chunk>,
  headOf: typeof import('hyparquet/src/column.js').parquetHeader,
): AsyncBuffer {
  const check = (bytes: ArrayBuffer, { start, values, size }: Chunk): void => {
    const reader = { view: new DataView(bytes), offset: 0 }
    while (reader.offset < bytes.byteLength - 1) {
      const head = headOf(reader)
      const count =
        (head.data_page_header ?? head.data_page_header_v2 ?? head.dictionary_page_header)?.num_values ?? 0
      const rows = head.data_page_header_v2?.num_rows ?? 0
      const end = reader.offset + head.compressed_page_size
      const fits = end >= reader.offset && end <= bytes.byteLength && head.uncompressed_page_size <= size
      if (!fits || !(count >= 0 && count <= values && rows >= 0 && rows <= values)) {
        throw new FormatError(
          `${name}: wanted pages of up to ${values} values in ${bytes.byteLength} bytes from byte ${start} on, got ` +
            `one of ${count} in ${head.compressed_page_size}; the file is damaged`,
        )
      }
      const page = new Uint8Array(bytes, reader.offset, head.compressed_page_size)
      if (head.crc !== undefined && crc32(page) !== head.crc >>> 0) {
        throw new FormatError(
          `${name}: wanted the bytes that were written from byte ${start} on, got others; the file is damaged`,
        )
      }
      reader.offset = end
    }
  }
  return {
    byteLength: file.byteLength,
    slice: async (start, end) => {
      const bytes = await file.slice(start, end)
      const chunk = chunks.get(start)
      if (chunk !== undefined && chunk.end === end) check(bytes, chunk)
      return bytes
    },
  }
}
