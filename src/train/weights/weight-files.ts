import { basename, dirname, join } from 'node:path'
import { sha256 } from '#platform'
import type { ByteSource } from '../../core/byte-source.ts'
import { FormatError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { malformed } from '../../core/mismatch.ts'
import type { WeightSource } from '../../core/weight-source.ts'
import { fileName, readFile, withFile } from '../../data/files/read-file.ts'
import { fileSource } from '../../disk/file-source.ts'
import { readTensors, type Stored } from '../safetensors.ts'

/** Tensors of one file by name, and the file. */
export interface WeightFile {
  readonly tensors: ReadonlyMap<string, Stored>
  readonly source: WeightSource
}

/**
 * Reads the tensors of a safetensors file or, if `path` ends with `.json`, of all files that an index such as
 * `model.safetensors.index.json` lists, which are beside it.
 *
 * @throws {FormatError} when a file is missing or damaged, or the index and the files have different tensors.
 */
export function readWeightFiles(path: string): readonly WeightFile[] {
  if (!fileName(path).endsWith('.json')) return [readOne(path)]
  const places = placesIn(path)
  return [...new Set(places.values())].map((file) => {
    const read = readOne(join(dirname(path), file))
    checkPlaces(path, file, places, read.tensors)
    return read
  })
}

function readOne(path: string): WeightFile {
  const file = fileName(path)
  return withFile(path, (descriptor) => {
    const bytes = fileSource(descriptor, path)
    return { tensors: readTensors(bytes, file), source: { file, sha256: hashOf(bytes) } }
  })
}

/** Number of bytes to read at once. */
const chunk = 2 ** 26

function hashOf(file: ByteSource): string {
  const hash = sha256()
  for (let at = 0; at < file.length; at += chunk) {
    hash.update(new Uint8Array(file.read(at, Math.min(file.length, at + chunk))))
  }
  return hash.hex()
}

/** Returns the name of the file of each tensor in an index. */
function placesIn(path: string): ReadonlyMap<string, string> {
  const name = fileName(path)
  const index = jsonIn(new TextDecoder().decode(readFile(path)))
  const map = Object(index).weight_map as unknown
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
    const wanted = 'weight_map, which maps the name of each tensor to that of its file'
    throw malformed(name, wanted, 'none', 'name the .safetensors file or its .index.json')
  }
  const places = new Map(Object.entries(map as Readonly<Record<string, unknown>>))
  for (const [tensor, file] of places) {
    const isPlain = typeof file === 'string' && file === basename(file) && /^[^\\]+\.safetensors$/.test(file)
    if (isPlain) continue
    throw malformed(name, `a .safetensors file beside it for ${tensor}`, JSON.stringify(file))
  }
  return places as ReadonlyMap<string, string>
}

/** @throws {FormatError} when a file has other tensors than those that the index places in it. */
function checkPlaces(
  path: string,
  file: string,
  places: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, Stored>,
): void {
  const absent = [...places].find(([tensor, place]) => place === file && !tensors.has(tensor))
  const other = [...tensors.keys()].find((tensor) => places.get(tensor) !== file)
  if (absent === undefined && other === undefined) return
  const wanted = absent ? `${absent[0]} in ${file}` : `${file} with the tensors that the index places in it`
  const got = absent ? 'none' : `${other} as well`
  throw new FormatError(`${fileName(path)}: wanted ${wanted}, got ${got}; the files are of different models`)
}
