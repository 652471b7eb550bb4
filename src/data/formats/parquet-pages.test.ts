import type { PageHeader } from 'hyparquet'
import { expect, test } from 'vitest'
import { checkedFile } from './parquet-pages.ts'

const size = 40
const chunk = { start: 4, end: 4 + size, values: 10, size, isCompressed: false }
const file = { byteLength: 100, slice: (start: number, end?: number) => new ArrayBuffer(end! - start) }

/** Reads a column chunk of one page, whose header is made up. */
async function readPage(head: object): Promise<unknown> {
  const sizes = { compressed_page_size: size - 2, uncompressed_page_size: size - 2 }
  const headOf = (reader: { offset: number }): PageHeader => {
    reader.offset += 2
    return { ...sizes, ...head } as PageHeader
  }
  const chunks = new Map([[4, { ...chunk, levels: { repetition: 0, definition: 0 } }]])
  return checkedFile('a.parquet', file, chunks, headOf as never).slice(4, 4 + size)
}

const plain = { num_values: 10, encoding: 'PLAIN' }
const second = {
  ...{ ...plain, num_rows: 10, num_nulls: 0, is_compressed: false },
  ...{ repetition_levels_byte_length: 0, definition_levels_byte_length: 0 },
}

test('a page whose header has all counts of its type is read', async () => {
  await readPage({ type: 'DATA_PAGE', data_page_header: plain })
  await readPage({ type: 'DATA_PAGE_V2', data_page_header_v2: second })
  await readPage({ type: 'DICTIONARY_PAGE', dictionary_page_header: plain })
})

test.each<[what: string, head: object]>([
  ['no header of its type', { type: 'DATA_PAGE' }],
  ['that of another type', { type: 'DATA_PAGE_V2', data_page_header: plain }],
  ['no header of a dictionary', { type: 'DICTIONARY_PAGE' }],
  ['no number of values', { type: 'DATA_PAGE', data_page_header: { encoding: 'PLAIN' } }],
  ['half a value', { type: 'DATA_PAGE', data_page_header: { ...plain, num_values: 2.5 } }],
  ['too many values', { type: 'DICTIONARY_PAGE', dictionary_page_header: { ...plain, num_values: 11 } }],
  ['no size', { type: 'DATA_PAGE', data_page_header: plain, uncompressed_page_size: undefined }],
  ...Object.entries({
    num_rows: [undefined, -1, 11],
    num_nulls: [undefined, -1, 11],
    repetition_levels_byte_length: [undefined, -1, size],
    definition_levels_byte_length: [undefined, -1, Number.NaN],
  }).flatMap(([name, values]) =>
    values.map((value): [string, object] => [
      `${name} ${value}`,
      { type: 'DATA_PAGE_V2', data_page_header_v2: { ...second, [name]: value } },
    ]),
  ),
])('a page that would keep the decoder busy for ever is refused: %s', async (_, head) => {
  await expect(readPage(head)).rejects.toThrow(
    'a.parquet: wanted pages of up to 10 values from byte 4 to 44, got one that cannot be; the file is damaged',
  )
})
