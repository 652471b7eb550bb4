import { basename, join } from '#files'
import { crc32 } from '#platform'
import { DamagedError, FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import {
  custom,
  integer,
  nested,
  number,
  readOptions,
  required,
  text,
  type ValuesOf,
} from '../core/options.ts'
import { checkInside, readInside } from '../disk/inside.ts'

/** Version of the checkpoint format. Checkpoints of a newer version are refused. */
const format = 1

/** Fields of `checkpoint.json`. */
const fields = {
  format: required(integer()),
  /** Progress of the run, as JSON that `savedIn` validates. */
  progress: custom<unknown>('JSON', () => true),
  fingerprint: required(text()),
  score: number(),
  /** CRC-32 checksum of each tensor file. */
  crc32: required(
    nested({ model: required(integer()), optimizer: required(integer()), evaluation: integer() }),
  ),
  /** CRC-32 checksum of the JSON text of all other fields. */
  sum: required(integer()),
}

/** Returns the bytes of `checkpoint.json`. @param sums CRC-32 checksum of each tensor file, by file name */
export function checkpointJson(checkpoint: object, sums: Readonly<Record<string, number>>): Uint8Array {
  const description = { format, ...checkpoint, crc32: sums }
  const sum = crc32(JSON.stringify(description))
  return new TextEncoder().encode(JSON.stringify({ ...description, sum }))
}

/** Reads `checkpoint.json` from the checkpoint folder `path`. @throws {DamagedError} when the file is damaged. */
export function readCheckpointJson(path: string): ValuesOf<typeof fields> {
  checkInside(path, 'a folder')
  const bytes = readInside(join(path, 'checkpoint.json'))
  if (bytes === undefined) throw incomplete(path, 'checkpoint.json')
  return parse(bytes, join(basename(path), 'checkpoint.json'))
}

/** Returns the error for a checkpoint in which `file` is missing. */
export const incomplete = (path: string, file: string): DamagedError =>
  new DamagedError(`${path}: wanted a checkpoint, got no ${file}`)

/** Parses `checkpoint.json`. @throws {DamagedError} when a field is missing or a checksum does not match. */
function parse(bytes: Uint8Array, name: string): ValuesOf<typeof fields> {
  const json = jsonIn(bytes)
  if (json === undefined)
    throw new DamagedError(`${name}: wanted JSON, got something else; the file is damaged`)
  const { sum, ...description } = Object(json)
  if (typeof description.format === 'number' && description.format > format) {
    const got = description.format
    throw new FormatError(`${name}: wanted format ${format} or older, got ${got}; use a newer Evenstep`)
  }
  const checked = checkedFields(json, name)
  if (crc32(JSON.stringify(description)) === sum) return checked
  throw new DamagedError(`${name}: wanted the JSON that was written, got other JSON; the file is damaged`)
}

function checkedFields(json: unknown, name: string): ValuesOf<typeof fields> {
  try {
    return readOptions(name, fields, json)
  } catch (error) {
    throw new DamagedError(`${(error as Error).message}; the file is damaged`)
  }
}
