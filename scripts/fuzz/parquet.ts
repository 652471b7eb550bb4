import { gzipSync } from 'node:zlib'
import { type FileMetaData, parquetMetadata, type SchemaElement } from 'hyparquet'
import { ByteWriter, type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import { parquet as readParquet } from '../../src/data/files/parquet.ts'
import type { TableOptions } from '../../src/data/formats/table.ts'
import { damagedBytes, joined, littleEndian, type Numbers } from './bytes.ts'
import type { Draw, FuzzReader } from './reader.ts'

/** Parquet files of several types, codecs and encodings, some with wrong metadata or pages. */
export const parquet: FuzzReader = {
  name: 'parquet',
  make: (draw) => {
    const flaw = draw.chance(0.5)
      ? draw.of(['metadata', 'metadata', 'pages', 'footer', 'bytes'] as const)
      : 'none'
    const { content, columns } = parquetFile(draw)
    const options: TableOptions = {
      features: columns.filter((name) => name !== 'label'),
      label: 'label',
      dtype: 'float64',
      ...(draw.chance(0.7) && { missing: draw.of(['drop', -7] as const) }),
    }
    return {
      name: 'a.parquet',
      content: damagedParquet(draw, content, flaw),
      about: { flaw, options },
      read: async (path): Promise<Numbers> => {
        const { x, y, length, classes = 0 } = await readParquet(path, options)
        const [numbers, labels] = [x, y].map(({ data }) => Array.from(data, Number))
        if (numbers!.length !== length * x.shape[0]! || labels!.length !== length)
          throw new Error('lengths disagree')
        if (!numbers!.every(Number.isFinite)) throw new Error('x is not finite')
        if (!labels!.every((label) => label >= 0 && label < classes))
          throw new Error('labels are out of range')
        return { x: numbers!, y: labels! }
      },
    }
  },
}

type Kind = 'FLOAT' | 'DOUBLE' | 'INT32' | 'INT64' | 'BOOLEAN' | 'FLOAT16' | 'list'

function parquetFile(draw: Draw): { content: Uint8Array; columns: string[] } {
  const rows = draw.chance(0.02) ? 5000 : 1 + draw.below(40)
  const kinds = draw.list(1 + draw.below(4), () =>
    draw.of<Kind>(['FLOAT', 'DOUBLE', 'INT32', 'INT64', 'BOOLEAN', 'FLOAT16', 'list']),
  )
  const holes = draw.chance(0.5) ? 0.2 : 0
  const few = draw.chance(0.3)
  const names = kinds.map((_, i) => `${draw.of(['size', 'größe', 'a b'])} ${i}`)
  const columnData: ColumnSource[] = kinds.map((kind, i) => ({
    name: names[i]!,
    data: draw.list(rows, () => (draw.chance(holes) ? null : cellOf(draw, kind, few))),
    ...encodingOf(draw, kind),
  }))
  columnData.push({ name: 'label', data: draw.list(rows, () => draw.of(['cat', 'dog', 'ü', '7'])) })
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: columnData.length },
    ...kinds.flatMap((kind, i) => elementsOf(names[i]!, kind)),
    { name: 'label', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  ]
  const codec = draw.of(['UNCOMPRESSED', 'SNAPPY', 'GZIP'] as const)
  const content = parquetWriteBuffer({
    columnData,
    schema,
    codec,
    compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) },
    rowGroupSize: draw.of([rows, 1 + draw.below(rows)]),
    pageSize: draw.of([1 << 20, 64, 8]),
  })
  return { content: new Uint8Array(content), columns: columnData.map(({ name }) => name) }
}

function elementsOf(name: string, kind: Kind): SchemaElement[] {
  const repetition_type = 'OPTIONAL'
  if (kind === 'FLOAT16') {
    const type = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } } as const
    return [{ name, repetition_type, ...type }]
  }
  if (kind !== 'list') return [{ name, repetition_type, type: kind }]
  return [
    { name, repetition_type, num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type, type: 'DOUBLE' },
  ]
}

function cellOf(draw: Draw, kind: Kind, few: boolean): unknown {
  const value = few ? draw.below(3) : draw.normal() * 100
  if (kind === 'BOOLEAN') return value > 0
  if (kind === 'INT32') return Math.round(value)
  if (kind === 'INT64') return BigInt(Math.round(value * 1e12))
  if (kind === 'list') return [value, draw.below(9) + 0.5, -value]
  return draw.chance(0.02) ? Number.NaN : value
}

function encodingOf(draw: Draw, kind: Kind): Pick<ColumnSource, 'encoding'> {
  if (kind === 'list' || draw.chance(0.5)) return {}
  if (kind === 'INT32' || kind === 'INT64')
    return { encoding: draw.of(['DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT', 'PLAIN']) }
  if (kind === 'BOOLEAN') return { encoding: draw.of(['RLE', 'PLAIN']) }
  return { encoding: draw.of(['BYTE_STREAM_SPLIT', 'PLAIN']) }
}

function damagedParquet(draw: Draw, file: Uint8Array, flaw: string): Uint8Array {
  const length = Buffer.from(file).readUInt32LE(file.length - 8)
  const pages = file.subarray(4, file.length - 8 - length)
  const footer = file.subarray(file.length - 8 - length, file.length - 8)
  const whole = (pages: Uint8Array, footer: Uint8Array): Uint8Array =>
    joined(Buffer.from('PAR1'), pages, footer, littleEndian(footer.length, 4), Buffer.from('PAR1'))
  if (flaw === 'bytes') return damagedBytes(draw, file)
  if (flaw === 'footer') return whole(pages, damagedBytes(draw, footer))
  if (flaw === 'metadata') return whole(pages, changedMetadata(draw, file) ?? footer)
  if (flaw !== 'pages') return file
  const copy = new Uint8Array(pages)
  for (let n = 1 + draw.below(3); n > 0; n--)
    copy[draw.below(copy.length)] = draw.of([0, 1, 2, 0x7f, 0x80, 0xff, draw.below(256)])
  return whole(copy, footer)
}

/** Changes one of the counts, sizes, offsets and types in the metadata, and encodes it again. */
function changedMetadata(draw: Draw, file: Uint8Array): Uint8Array | undefined {
  const metadata = structuredClone(parquetMetadata(new Uint8Array(file).buffer)) as FileMetaData
  for (const { columns } of metadata.row_groups)
    for (const { meta_data } of columns) delete meta_data?.statistics
  const group = draw.of(metadata.row_groups)
  const chunk = draw.of(group.columns).meta_data!
  const element = draw.of(metadata.schema.slice(1))
  const number = (): bigint => draw.of([0n, 1n, 2n, 5n, 1000n, 2n ** 31n - 1n, 2n ** 40n, 2n ** 62n, -1n])
  const changes: readonly (() => unknown)[] = [
    () => (metadata.num_rows = number()),
    () => (group.num_rows = number()),
    () => (chunk.num_values = number()),
    () => (chunk.total_compressed_size = number()),
    () => (chunk.total_uncompressed_size = number()),
    () => (chunk.data_page_offset = number()),
    () => (chunk.dictionary_page_offset = number()),
    () => (chunk.codec = draw.of(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4', 'LZ4_RAW'])),
    () => (chunk.type = draw.of(['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY'])),
    () => (chunk.path_in_schema = [draw.of(['x', '', '__proto__'])]),
    () =>
      (element.type = draw.of([
        'BOOLEAN',
        'INT32',
        'INT64',
        'INT96',
        'FLOAT',
        'BYTE_ARRAY',
        'FIXED_LEN_BYTE_ARRAY',
      ])),
    () => (element.type_length = draw.of([0, 1, 16, 2 ** 30])),
    () => (element.repetition_type = draw.of(['REQUIRED', 'OPTIONAL', 'REPEATED'])),
    () => (element.num_children = draw.of([0, 1, 2, 1000, 2 ** 30])),
    () =>
      (element.converted_type = draw.of([
        'UTF8',
        'MAP',
        'LIST',
        'DECIMAL',
        'DATE',
        'UINT_32',
        'UINT_64',
        'JSON',
        'INT_8',
      ])),
    () => Object.assign(element, { converted_type: 'DECIMAL', scale: draw.of([0, 2, 30, 2 ** 30]) }),
    () => (element.name = draw.of(['', '__proto__', 'label', 'x'])),
    () => metadata.row_groups.push(group),
    () => metadata.row_groups.pop(),
    () => group.columns.pop(),
    () => group.columns.push(draw.of(group.columns)),
    () => (metadata.schema[0]!.num_children = draw.of([0, 1, 99])),
  ]
  draw.of(changes)()
  const writer = new ByteWriter()
  try {
    writeMetadata(writer, metadata)
  } catch {
    return undefined // what the writer cannot express
  }
  const bytes = writer.getBytes()
  return bytes.subarray(0, bytes.length - 4) // it ends with its length
}
