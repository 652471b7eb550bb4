import { mismatch } from '../../core/mismatch.ts'
import {
  boolean,
  choice,
  custom,
  type Declared,
  integer,
  number,
  readOptions,
  required,
  text,
} from '../../core/options.ts'
import { areTexts, texts } from '../names.ts'
import type { ColumnEncoding, ColumnKind, TableEncoding } from './encoding.ts'

const values = custom<readonly (string | null)[]>('a list of texts and null', (value) =>
  areTexts(Array.isArray(value) ? value.map((item) => item ?? '') : value),
)

/** Maximum number of buckets of a text column. */
export const mostBuckets = 65_536

/** Declares an option that is the order of day, month and year in dates. */
export const dateFormat = choice(['ymd', 'dmy', 'mdy'])

/** Declares an option that says which parts of a text are hashed. */
export const textUnit = choice(['words', 'characters'])

const named = { name: required(text()), kind: required(text()) }
const numeric = {
  ...named,
  mean: required(number()),
  deviation: required(number({ above: 0 })),
  fill: number(),
  indicator: boolean(),
}
const buckets = required(integer({ min: 1, max: mostBuckets }))

/** Fields of a column's encoding, by its kind. */
const fields: Readonly<Record<ColumnKind, Declared>> = {
  number: numeric,
  boolean: numeric,
  ordinal: { ...numeric, order: required(texts) },
  date: { ...numeric, format: required(dateFormat), clock: boolean() },
  category: { ...named, values: required(values), rare: integer({ min: 1 }), drop: boolean() },
  text: { ...named, by: required(textUnit), buckets, drop: boolean() },
  ignore: { ...named, because: text() },
}

const columns = custom<readonly ColumnEncoding[]>('a list of columns', Array.isArray)

/** Fields of the encoding of a table. */
const tableFields = {
  format: required(integer({ min: 1 })),
  columns: required(columns),
  naValues: texts,
  decimal: text(),
  thousands: text(),
}

/** Checks a value that may come from a file. @throws {ArgumentError} unless it is the encoding of a table. */
export function checkEncoding(json: unknown): asserts json is TableEncoding {
  const { format, columns } = readOptions('table', tableFields, json)
  if (format > 1) throw mismatch('table', 'format 1', format, 'use a newer Evenstep')
  for (const [i, column] of columns.entries()) {
    const { kind } = Object(column) as { readonly kind?: unknown }
    const who = `table: column ${i}`
    if (typeof kind !== 'string' || !Object.hasOwn(fields, kind)) {
      throw mismatch(who, `kind as one of ${Object.keys(fields).join(', ')}`, kind)
    }
    readOptions(who, fields[kind as ColumnKind], column)
  }
}
