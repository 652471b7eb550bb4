import type { CellParser } from './cells.ts'
import { daysOf, parseDate, writeAngles } from './dates.ts'
import type { CellValue, ColumnEncoding, ColumnKind, NumberEncoding } from './encoding.ts'
import { hashText } from './hash.ts'

/** Encodes the values of one column as the features of an encoded row. */
export interface ColumnEncoder {
  readonly name: string
  readonly kind: ColumnKind
  /** Names of the column's features. */
  readonly features: readonly string[]
  /** Number of categories, if the feature is the code of a category; otherwise 0. */
  readonly categories: number
  /** Description of the permitted values, for errors. */
  readonly wanted: string
  /** Parses a value; undefined if it is not one of the column's kind. */
  parse(value: unknown): CellValue | undefined
  /** Writes the features of a parsed value to `out` from index `at` on; false if it is missing, but may not be. */
  write(value: CellValue, out: Float32Array, at: number): boolean
}

/** Texts that stand for 1 and 0 in a column of booleans, in lower case. */
export const booleans: ReadonlyMap<string, number> = new Map([
  ...['true', 'yes', 't', 'y', '1'].map((text) => [text, 1] as const),
  ...['false', 'no', 'f', 'n', '0'].map((text) => [text, 0] as const),
])

/** Returns the encoder of a column. */
export function columnEncoder(encoding: ColumnEncoding, cells: CellParser): ColumnEncoder {
  const { name, kind } = encoding
  const parser = parserOf(encoding, cells)
  if (kind === 'ignore') return { ...parser, name, kind, features: [], categories: 0, write: () => true }
  if (kind === 'category') return { ...parser, ...categoryEncoder(encoding, cells), name, kind }
  if (kind === 'text') return { ...parser, ...textEncoder(encoding), name, kind }
  return { ...parser, ...numberEncoder(encoding), name, kind, categories: 0 }
}

type Parser = Pick<ColumnEncoder, 'parse' | 'wanted'>

/** Returns the parser of a column's values, which does not depend on what is learnt from the training rows. */
export function parserOf(
  column: Pick<ColumnEncoding, 'kind'> & { readonly order?: readonly string[]; readonly format?: string },
  cells: CellParser,
): Parser {
  const via = (wanted: string, of: (text: string) => number | undefined): Parser => ({
    wanted,
    parse(value) {
      const text = cells.text(value)
      return typeof text === 'string' ? of(text) : text
    },
  })
  const { kind, order = [], format = 'ymd' } = column
  if (kind === 'number') return { wanted: 'a finite number', parse: (value) => cells.number(value) }
  if (kind === 'boolean') return via('true or false', (text) => booleanOf(text, cells))
  if (kind === 'ordinal') {
    const places = new Map(order.map((text, place) => [cells.category(text) ?? text, place]))
    return via(`one of ${order.join(', ')}`, (text) => places.get(cells.category(text) ?? text))
  }
  if (kind === 'category') return { wanted: anyText, parse: (value) => cells.category(value) }
  if (kind !== 'date') return { wanted: anyText, parse: (value) => cells.text(value) }
  const dates = via(`a date as ${dateExamples[format]}`, (text) => parseDate(text, format as 'ymd'))
  return { ...dates, parse: (value) => (value instanceof Date ? daysOf(value) : dates.parse(value)) }
}

const anyText = 'a text, a number or a boolean'

/** Returns 1 or 0 for a text that stands for it, also one such as `1.0`; undefined for any other. */
function booleanOf(text: string, cells: CellParser): number | undefined {
  const number = cells.number(text)
  return number === 0 || number === 1 ? number : booleans.get(text.toLowerCase())
}

const dateExamples: Readonly<Record<string, string>> = {
  ymd: '2024-12-31',
  dmy: '31.12.2024',
  mdy: '12/31/2024',
}

type Encoded<K extends ColumnKind> = Extract<ColumnEncoding, { readonly kind: K }>
type Writer = Pick<ColumnEncoder, 'features' | 'categories' | 'write'>

function categoryEncoder({ name, values, drop }: Encoded<'category'>, cells: CellParser): Writer {
  const codes = new Map<string | null, number>()
  for (const [i, value] of values.entries()) {
    const text = value === null ? null : (cells.category(value) ?? value)
    if (!codes.has(text)) codes.set(text, i + 1)
  }
  return {
    features: [name],
    categories: values.length + 1,
    write(value, out, at) {
      out[at] = codes.get(value as string | null) ?? 0
      return value !== null || !drop
    },
  }
}

function textEncoder({ name, by, buckets, drop }: Encoded<'text'>): Writer {
  return {
    features: Array.from({ length: buckets }, (_, i) => `${name} #${i}`),
    categories: 0,
    write(value, out, at) {
      if (value !== null) hashText(value as string, by, buckets, out, at)
      return value !== null || !drop
    },
  }
}

type Numeric = Encoded<'number' | 'boolean' | 'ordinal' | 'date'>

function numberEncoder(encoding: Numeric): Omit<Writer, 'categories'> {
  const { name, mean, deviation, fill, indicator }: NumberEncoding & { readonly name: string } = encoding
  const isDate = encoding.kind === 'date'
  const clock = isDate && encoding.clock === true
  const angles = isDate ? ['year', 'week', ...(clock ? ['day'] : [])] : []
  const circles = angles.flatMap((part) => [`${name} ${part} sin`, `${name} ${part} cos`])
  const width = 1 + circles.length
  return {
    features: [name, ...circles, ...(indicator ? [`${name} missing`] : [])],
    write(value, out, at) {
      const number = (value ?? fill) as number | undefined
      if (number === undefined) return false
      out[at] = (number - mean) / deviation
      if (isDate) writeAngles(number, clock, out, at + 1)
      if (indicator) out[at + width] = value === null ? 1 : 0
      return true
    },
  }
}
