import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, extname, join, relative, sep } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DamagedError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { writeWhole } from '../../disk/whole-file.ts'
import { sourceFilesOf } from '../../train/trust.ts'

/** The file of an experiment and all files that it imports by relative paths. */
export interface SourceFiles {
  /** Name of the experiment's file: its path relative to the folder that holds all files. */
  readonly entry: string
  /** Content of each file, in Base64, by its name. */
  readonly files: Readonly<Record<string, string>>
}

/** Reads the file of an experiment and all files that it imports by relative paths. */
export function readSources(file: string): SourceFiles {
  const found = [...sourceFilesOf(file)]
  const paths = found.map(([path]) => path)
  let root = dirname(paths[0]!)
  while (!paths.every((path) => path.startsWith(root.endsWith(sep) ? root : root + sep))) root = dirname(root)
  const nameOf = (path: string): string => relative(root, path).replaceAll(sep, '/')
  return {
    entry: nameOf(paths[0]!),
    files: Object.fromEntries(found.map(([path, bytes]) => [nameOf(path), bytes.toString('base64')])),
  }
}

/** Returns the key of sources: 32 hexadecimal digits that change with the name or a byte of any file. */
export function keyOfSources({ entry, files }: SourceFiles): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([entry, sorted]))
    .digest('hex')
    .slice(0, 32)
}

/** Whether loading the sources runs code: all but a single JSON file. */
export const isCode = ({ entry, files }: SourceFiles): boolean =>
  Object.keys(files).length !== 1 || extname(entry) !== '.json'

/** Most bytes of the sources of an experiment, so that a small text in a database cannot fill the memory. */
const most = 64 * 2 ** 20

export const packSources = (sources: SourceFiles): Buffer => gzipSync(JSON.stringify(sources))

/** Unpacks sources. @throws {DamagedError} when they are not what `packSources` returned */
export function unpackSources(bytes: Uint8Array, who: string): SourceFiles {
  let sources: unknown
  try {
    sources = jsonIn(gunzipSync(bytes, { maxOutputLength: most }))
  } catch {}
  if (areSources(sources)) return sources
  throw new DamagedError(
    `${who}: wanted the files of its experiment, got something else; repeat evenstep study, which sends them again`,
  )
}

function areSources(value: unknown): value is SourceFiles {
  const { entry, files } = Object(value) as Record<string, unknown>
  const isText = (one: unknown): boolean => typeof one === 'string'
  if (!isText(entry) || !Object.hasOwn(Object(files), entry as string)) return false
  return Object.entries(files as object).every(([name, text]) => isInside(name) && isText(text))
}

/** Whether a name is a relative path that does not lead out of its folder, on any system. */
const isInside = (name: string): boolean =>
  !/[\\:\0]/.test(name) && name.split('/').every((part) => !['', '.', '..'].includes(part))

/** Writes sources into an empty folder. @returns path of the experiment's file */
export function writeSources(folder: string, { entry, files }: SourceFiles): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeWhole(join(folder, name), Buffer.from(text, 'base64'))
  }
  return join(folder, entry)
}
