import type { FileMetaData } from 'hyparquet'
import { malformed } from '../../core/mismatch.ts'
import type { Levels } from './parquet-runs.ts'

type Element = FileMetaData['schema'][number]

/** A top-level column of a Parquet file. */
export interface ParquetColumn {
  readonly name: string
  /** Whether each value is a list of values, or of further lists. */
  readonly isList: boolean
  /** Number of decimal places, if the file stores decimals as integers. */
  readonly scale?: number
  /** Whether the file stores values as bytes that are not text. */
  readonly isBinary: boolean
  /** Noun for the values, such as `dates`, if they are not numbers, booleans or texts. */
  readonly other?: string
}

/**
 * Returns the top-level columns of a Parquet file.
 *
 * @throws {FormatError} when two have the same name, or the schema is impossible.
 */
export function columnsOf(name: string, { schema }: FileMetaData): ParquetColumn[] {
  const columns: ParquetColumn[] = []
  const [root] = schema
  let at = 1
  for (let child = 0; child < (root?.num_children ?? 0); child++) {
    const end = endOf(schema, at)
    columns.push(columnOf(name, schema.slice(at, end)))
    at = end
  }
  const names = new Set<string>()
  for (const column of columns) {
    if (names.has(column.name)) throw malformed(name, 'a name for each column', `${column.name} twice`)
    names.add(column.name)
  }
  return columns
}

/** Returns the index after the last descendant of the element at index `at`; `schema` is a pre-order tree. */
function endOf(schema: readonly Element[], at: number): number {
  let end = at
  for (let left = 1; left > 0; left--) left += schema[end++]?.num_children ?? 0
  return end
}

/**
 * Checks that each row group has the pages of each column exactly once. The Parquet library would also read
 * pages of a column that the schema lacks, and crash the process if they are damaged.
 *
 * @throws {FormatError} when a column is missing, doubled or unknown.
 */
export function checkRowGroups(name: string, { schema, row_groups }: FileMetaData): void {
  const paths = leafPaths(schema)
  for (const [i, { columns }] of row_groups.entries()) {
    const found = columns.map(({ meta_data }) => JSON.stringify(meta_data?.path_in_schema ?? []))
    const isWhole = found.length === paths.length && new Set([...found, ...paths]).size === paths.length
    if (isWhole) continue
    const got = `${found.length} in row group ${i}`
    throw malformed(name, `the pages of ${paths.length} columns`, got, 'the file is damaged')
  }
}

/** Returns the path, as JSON, of each leaf column: one that holds values rather than other columns. */
const leafPaths = (schema: readonly Element[]): string[] => [...levelsOf(schema).keys()]

/** Returns the maximum repetition and definition level of each leaf column, keyed by its path as JSON. */
export function levelsOf(schema: readonly Element[]): Map<string, Levels> {
  interface Group extends Levels {
    readonly path: readonly string[]
    left: number
  }
  const open: Group[] = []
  const found = new Map<string, Levels>()
  for (const [i, { name, num_children: children = 0, repetition_type: kind }] of schema.entries()) {
    const parent = open.at(-1)
    const path = i === 0 ? [] : [...(parent?.path ?? []), name]
    const repetition = (parent?.repetition ?? 0) + (kind === 'REPEATED' ? 1 : 0)
    const isOptional = i > 0 && (kind === 'REPEATED' || kind === 'OPTIONAL')
    const levels = { repetition, definition: (parent?.definition ?? 0) + (isOptional ? 1 : 0) }
    if (parent) parent.left--
    if (children > 0) open.push({ path, left: children, ...levels })
    else if (i > 0) found.set(JSON.stringify(path), levels)
    while (open.at(-1)?.left === 0) open.pop()
  }
  return found
}

/** Describes a column, given the elements of its schema from the outermost to the innermost. */
function columnOf(file: string, elements: readonly Element[]): ParquetColumn {
  const [top, leaf] = [elements[0]!, elements.at(-1)!]
  const { name } = top
  const isList = elements.length > 1 || top.repetition_type === 'REPEATED'
  const groups = elements.slice(0, -1)
  if (leaf.num_children || groups.some((group) => !isListLevel(group))) {
    const isMap = groups.some(({ converted_type: type }) => type === 'MAP' || type === 'MAP_KEY_VALUE')
    return { name, isList, isBinary: false, other: isMap ? 'maps' : 'structs' }
  }
  const scale = isDecimal(leaf) ? scaleOf(file, name, leaf) : undefined
  const other = scale === undefined ? otherOf(leaf) : undefined
  const isBinary = scale !== undefined && leaf.type === 'BYTE_ARRAY'
  return {
    name,
    isList,
    isBinary,
    ...(scale !== undefined && { scale }),
    ...(other !== undefined && { other }),
  }
}

/** Whether a schema element is one of the two nested groups that Parquet wraps around a list's elements. */
const isListLevel = ({ num_children, converted_type, logical_type, repetition_type }: Element): boolean =>
  num_children === 1 &&
  converted_type !== 'MAP' &&
  converted_type !== 'MAP_KEY_VALUE' &&
  (converted_type === 'LIST' || logical_type?.type === 'LIST' || repetition_type === 'REPEATED')

const isDecimal = ({ converted_type, logical_type }: Element): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL'

function scaleOf(file: string, name: string, { scale, logical_type }: Element): number {
  const places = scale ?? (logical_type?.type === 'DECIMAL' ? logical_type.scale : 0)
  if (Number.isInteger(places) && places >= 0 && places <= 1000) return places
  throw malformed(file, `a number of decimal places for ${name}`, places, 'the file is damaged')
}

/** Names, for errors, of kinds of values that cannot be features or labels, keyed by their Parquet type. */
const others: Readonly<Record<string, string>> = {
  DATE: 'dates',
  TIMESTAMP: 'timestamps',
  TIMESTAMP_MILLIS: 'timestamps',
  TIMESTAMP_MICROS: 'timestamps',
  INT96: 'timestamps',
  TIME: 'times of day',
  TIME_MILLIS: 'times of day',
  TIME_MICROS: 'times of day',
  INTERVAL: 'intervals',
  JSON: 'JSON',
  BSON: 'BSON',
  UUID: 'UUIDs',
  GEOMETRY: 'geometries',
  GEOGRAPHY: 'geometries',
  VARIANT: 'variants',
}

function otherOf({ type, converted_type, logical_type }: Element): string | undefined {
  const known = others[logical_type?.type ?? ''] ?? others[converted_type ?? ''] ?? others[type ?? '']
  if (known !== undefined) return known
  return type === 'FIXED_LEN_BYTE_ARRAY' && logical_type?.type !== 'FLOAT16' ? 'bytes' : undefined
}

/**
 * Returns metadata that declares decimals as plain integers, to be converted by `decimal`: the Parquet
 * library's own conversion rounds twice, and does nothing if a legacy annotation is missing.
 */
export function withoutDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (!isDecimal(element)) return element
    const { converted_type, logical_type, ...plain } = element
    return plain
  })
  return { ...metadata, schema }
}

/** Returns the number nearest to value / 10^scale, for an integer given as a number or as big-endian bytes. */
export function decimal(value: unknown, scale: number): unknown {
  if (value === null || value === undefined) return null
  const integer = value instanceof Uint8Array ? signed(value) : (value as number | bigint)
  const isExact = scale <= 22 && integer >= -Number.MAX_SAFE_INTEGER && integer <= Number.MAX_SAFE_INTEGER
  return isExact ? Number(integer) / 10 ** scale : Number(`${integer}e-${scale}`)
}

function signed(bytes: Uint8Array): bigint {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex || '0'}`))
}
