import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { EvenstepError, FormatError } from '../../core/errors.ts'
import { foreignFormat, recognizedBy } from '../../core/foreign-format.ts'
import { malformed } from '../../core/mismatch.ts'
import { checkRowGroups, columnsOf, type ParquetColumn, withoutDecimals } from './parquet-columns.ts'
import { checkedCompressors, checkedFile, chunksOf } from './parquet-pages.ts'

/** A Parquet file, whose columns are decoded a range of rows at a time. */
export class ParquetFile {
  readonly name: string
  readonly columns: readonly ParquetColumn[]
  /** Number of rows in each row group. */
  readonly groups: readonly number[]
  readonly rows: number
  readonly #buffer: AsyncBuffer
  readonly #metadata: FileMetaData

  private constructor(name: string, buffer: AsyncBuffer, metadata: FileMetaData) {
    this.name = name
    this.columns = columnsOf(name, metadata)
    this.groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows))
    this.rows = this.groups.reduce((sum, rows) => sum + rows, 0)
    this.#buffer = buffer
    this.#metadata = withoutDecimals(metadata)
  }

  /** @throws {FormatError} when the file is not a Parquet file, or its metadata is damaged. */
  static async open(name: string, buffer: AsyncBuffer): Promise<ParquetFile> {
    const start = new Uint8Array(await buffer.slice(0, Math.min(recognizedBy, buffer.byteLength)))
    const other = foreignFormat(start, ['parquet'])
    if (other) throw malformed(name, 'a Parquet file', other.got, other.fix)
    const [{ parquetMetadataAsync }, { parquetHeader }] = await Promise.all([
      import('hyparquet'), // on demand, since it takes 80 ms
      import('hyparquet/src/column.js'),
    ])
    return reported(name, async () => {
      const metadata = await parquetMetadataAsync(buffer, { geoparquet: false })
      checkRowGroups(name, metadata)
      const chunks = chunksOf(name, metadata, buffer.byteLength)
      return new ParquetFile(name, checkedFile(name, buffer, chunks, parquetHeader), metadata)
    })
  }

  /** Decodes `rows` values of a column, from row `start` on; missing ones are null or undefined. */
  async values({ name, isBinary }: ParquetColumn, start: number, rows: number): Promise<ArrayLike<unknown>> {
    const [{ parquetRead }, { compressors }] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-compressors'),
    ])
    const values = new Array<unknown>(rows)
    await reported(this.name, () =>
      parquetRead({
        file: this.#buffer,
        metadata: this.#metadata,
        compressors: checkedCompressors(compressors),
        parsers,
        utf8: !isBinary,
        columns: [name],
        rowStart: start,
        rowEnd: start + rows,
        // Called with whole pages, which may begin before `start` and end after the last row.
        onChunk: ({ columnData, rowStart }) => {
          const [from, to] = [Math.max(start, rowStart), Math.min(start + rows, rowStart + columnData.length)]
          for (let row = from; row < to; row++) values[row - start] = columnData[row - rowStart]
        },
      }),
    )
    return values
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes a text. Throws if it is not UTF-8: replacing invalid bytes could make different labels equal. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && decoder.decode(bytes)
  } catch (cause) {
    throw new Error('a text is not UTF-8', { cause })
  }
}

const parsers = { stringFromBytes: textOf }

/** Runs `read`, and rethrows an error of the Parquet library as a FormatError that names the file. */
async function reported<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof EvenstepError) throw cause
    const isPlain = cause instanceof Error && !(cause instanceof TypeError || cause instanceof RangeError)
    const reason = isPlain ? cause.message : 'it is truncated or damaged'
    throw new FormatError(`${name}: wanted a Parquet file, got one that cannot be read: ${reason}`, { cause })
  }
}
