import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzip, type ZlibOptions } from 'node:zlib'
import { DamagedError } from '../../core/errors.ts'
import { readInside } from '../../disk/inside.ts'
import { writeWhole } from '../../disk/whole-file.ts'

/** A file of a trial's folder, compressed. */
export interface PackedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Files of a trial's folder that workers send; the last says that the trial is over. */
const kept: readonly string[] = ['run.json', 'events.jsonl', 'trial.json']

/** Files that hold a trial's model. */
const ofModel: readonly string[] = [
  'model.safetensors',
  'model.json',
  'inference.onnx',
  'loss.onnx',
  'inference.json',
]

/** Most bytes of a file, uncompressed, so that a small value in a database cannot fill the memory. */
const most = 2 ** 30

/** Most bytes of a file, compressed: `pg` receives twice as many characters, and a text has at most 2²⁹ in Node.js. */
const mostPacked = 2 ** 27

/** Compresses while this process does other work, such as renewing leases. */
const compressed = promisify<Uint8Array, ZlibOptions, Buffer>(gzip)

/** Seconds for a statement that sends or receives such files. */
export const forFiles = 600

/** The files in a trial's folder, as a worker sends them. */
export interface Packed {
  readonly files: readonly PackedFile[]
  /** Names of files that are too large to send. */
  readonly left: readonly string[]
}

/**
 * Reads and compresses the files in a trial's folder.
 *
 * @param models whether to include those of its model
 * @param limit maximum number of bytes of a file, compressed
 */
export async function packFiles(
  folder: string,
  models: boolean,
  limit: number = mostPacked,
): Promise<Packed> {
  const [files, left]: [PackedFile[], string[]] = [[], []]
  for (const name of [...(models ? ofModel : []), ...kept]) {
    const whole = readInside(join(folder, name))
    if (whole === undefined) continue
    const bytes = whole.length > most ? undefined : await compressed(whole, { level: 1 })
    if (bytes !== undefined && bytes.length <= limit) files.push({ name, bytes })
    else left.push(name)
  }
  return { files, left }
}

/**
 * Writes a trial's files into its folder, `trial.json` last.
 *
 * @param who name at the start of error messages
 * @throws {DamagedError} when a file is damaged, or is none that a worker sends.
 */
export function unpackFiles(folder: string, files: readonly PackedFile[], who: string): void {
  mkdirSync(folder, { recursive: true })
  const order = [...ofModel, ...kept]
  for (const { name, bytes } of files.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))) {
    if (!order.includes(name)) throw damaged(who, JSON.stringify(name))
    let whole: Buffer
    try {
      whole = gunzipSync(bytes, { maxOutputLength: most })
    } catch {
      throw damaged(who, `a damaged ${name}`)
    }
    writeWhole(join(folder, name), whole)
  }
}

const damaged = (who: string, got: string): DamagedError =>
  new DamagedError(`${who}: wanted the files of a trial, got ${got}; delete its rows in evenstep.file`)
