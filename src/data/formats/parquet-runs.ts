import type { PageHeader } from 'hyparquet'

/** Maximum levels of a column: how many lists are nested around values, and how many parts may be missing. */
export interface Levels {
  readonly repetition: number
  readonly definition: number
}

/** Maximum number of padding values in a page's last run, beyond the page's number of values. */
const padding = 512

/**
 * Whether the runs (groups of encoded integers) in a page's body hold no more values than its header declares.
 * A damaged length would keep the decoder busy for minutes, or fill memory.
 *
 * @param body decompressed bytes: levels, if the page is of version 1, and values
 */
export function fitsRuns(body: Uint8Array, head: PageHeader, { repetition, definition }: Levels): boolean {
  const { data_page_header: first, data_page_header_v2: second } = head
  const page = second ?? first
  if (page === undefined) return true
  let at = 0
  if (second === undefined) {
    for (const greatest of [repetition, definition]) {
      if (greatest === 0) continue
      const end = at + 4 + lengthAt(body, at)
      if (!areRuns(body.subarray(at + 4, end), bitsFor(greatest), page.num_values)) return false
      at = end
    }
  }
  if (page.encoding === 'RLE') return areRuns(body.subarray(at + 4), 1, page.num_values)
  const isIndex = page.encoding === 'PLAIN_DICTIONARY' || page.encoding === 'RLE_DICTIONARY'
  return !isIndex || areRuns(body.subarray(at + 1), body[at] ?? 0, page.num_values)
}

/** Whether the levels of a version 2 page, never compressed, hold no more values than its header declares. */
export function fitsLevels(page: Uint8Array, head: PageHeader, { repetition, definition }: Levels): boolean {
  const second = head.data_page_header_v2
  if (second === undefined) return true
  const {
    repetition_levels_byte_length: first,
    definition_levels_byte_length: length,
    num_values: count,
  } = second
  return (
    (repetition === 0 || areRuns(page.subarray(0, first), bitsFor(repetition), count)) &&
    (definition === 0 || areRuns(page.subarray(first, first + length), bitsFor(definition), count))
  )
}

const bitsFor = (greatest: number): number => Math.ceil(Math.log2(greatest + 1))

const lengthAt = (bytes: Uint8Array, at: number): number =>
  at + 4 > bytes.length ? 0 : new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)

/** Whether runs of `width`-bit integers (bit-packed or repeated) hold at most `count + padding` integers. */
function areRuns(bytes: Uint8Array, width: number, count: number): boolean {
  let at = 0
  let seen = 0
  while (seen < count && at < bytes.length) {
    let header = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!
      header += (byte & 127) * scale
      if (byte < 128) break
    }
    const length = Math.floor(header / 2)
    seen += header % 2 === 1 ? 8 * length : length
    at += header % 2 === 1 ? length * width : Math.ceil(width / 8)
    if (seen > count + padding) return false
  }
  return true
}
