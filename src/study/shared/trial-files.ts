import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
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

/** Most bytes of a file, uncompressed: those that a value in PostgreSQL can hold. */
const most = 2 ** 30

/** Reads and compresses the files in a trial's folder. @param models whether to include those of its model */
export function packFiles(folder: string, models: boolean): PackedFile[] {
  return [...(models ? ofModel : []), ...kept].flatMap((name) => {
    const bytes = readInside(join(folder, name))
    return bytes === undefined ? [] : [{ name, bytes: gzipSync(bytes, { level: 1 }) }]
  })
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
