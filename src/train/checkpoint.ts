import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { platform } from 'node:os'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { FormatError } from '../core/errors.ts'
import type { Variable } from '../core/variable.ts'
import { assignAll, readSafetensors, writeSafetensors } from './safetensors.ts'

/** The version of the format. A newer one is refused. */
const format = 1

/** What a checkpoint holds besides tensors. */
export interface Checkpoint<Progress> {
  /** Where the run stands: whatever it needs to go on, as plain JSON. */
  readonly progress: Progress
  /** What the run learns from; another data set is refused. */
  readonly fingerprint: string
  /** What the best checkpoint has least of, such as a validation loss; absent before the first evaluation. */
  readonly score?: number
}

/** The tensors of a checkpoint, by file. */
export interface Tensors {
  readonly model: ReadonlyMap<string, Variable>
  readonly optimizer: ReadonlyMap<string, Variable>
}

const schema = z.object({
  format: z.int(),
  fingerprint: z.string(),
  progress: z.unknown(),
  score: z.number().optional(),
  crc32: z.object({ model: z.number(), optimizer: z.number() }),
})

const files = ['model', 'optimizer'] as const

/**
 * Write a checkpoint as a folder: `model.safetensors`, `optimizer.safetensors`, `checkpoint.json`.
 *
 * The folder is written under another name, flushed to the disk and then renamed, so that a folder of the final name
 * is whole, whenever the process or the machine stops.
 */
export function writeCheckpoint<Progress>(
  path: string,
  tensors: Tensors,
  checkpoint: Checkpoint<Progress>,
): void {
  const partial = `${path}${partialSuffix}`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const sums: Record<string, number> = {}
  for (const name of files) {
    const bytes = writeSafetensors(tensors[name])
    sums[name] = crc32(bytes)
    writeWhole(join(partial, `${name}.safetensors`), bytes)
  }
  const json = JSON.stringify({ format, ...checkpoint, crc32: sums })
  writeWhole(join(partial, 'checkpoint.json'), new TextEncoder().encode(json))
  flush(partial)
  remove(path)
  renameSync(partial, path)
  flush(join(path, '..'))
}

const partialSuffix = '.partial'

/** Remove a folder, which is never seen half removed under its name. */
function remove(path: string): void {
  const going = `${path}.old${partialSuffix}`
  rmSync(going, { recursive: true, force: true })
  if (existsSync(path)) renameSync(path, going)
  rmSync(going, { recursive: true, force: true })
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Flush a folder's entries to the disk; where folders cannot be opened, there is nothing to flush. */
function flush(folder: string): void {
  if (platform() === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/**
 * Give the tensors the numbers of a checkpoint.
 *
 * @returns where the run stood
 * @throws {FormatError} when a file is missing, damaged, of a newer format, of another model or of other data.
 *   The tensors are unchanged then.
 */
export function readCheckpoint<Progress>(path: string, tensors: Tensors, fingerprint: string): Progress {
  const read = (name: string): Uint8Array => {
    if (existsSync(join(path, name))) return readFileSync(join(path, name))
    throw new FormatError(`${path}: wanted a checkpoint, got no ${name}`)
  }
  const label = (name: string): string => join(basename(path), name)
  const meta = parse(read('checkpoint.json'), label('checkpoint.json'))
  if (meta.fingerprint !== fingerprint) {
    throw new FormatError(
      `${path}: wanted the data that the run began with, got other data; resume with the same files`,
    )
  }
  const loaded = files.map((name) => {
    const [file, bytes] = [`${name}.safetensors`, read(`${name}.safetensors`)]
    if (crc32(bytes) !== meta.crc32[name]) {
      throw new FormatError(
        `${label(file)}: wanted the bytes that were written, got others; the file is damaged`,
      )
    }
    return { variables: tensors[name], stored: readSafetensors(bytes, label(file)), name: label(file) }
  })
  for (const { variables, stored, name } of loaded) assignAll(variables, stored, name)
  return meta.progress as Progress
}

function parse(bytes: Uint8Array, name: string): z.output<typeof schema> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new FormatError(`${name}: wanted JSON, got something else; the file is damaged`)
  }
  const version = (json as { format?: unknown } | null)?.format
  if (typeof version === 'number' && version > format) {
    throw new FormatError(`${name}: wanted format ${format} or older, got ${version}; use a newer Evenstep`)
  }
  const checked = schema.safeParse(json)
  if (checked.success) return checked.data
  const at = checked.error.issues[0]?.path.join('.')
  throw new FormatError(
    `${name}: wanted a checkpoint's fields, got a wrong ${at || 'value'}; the file is damaged`,
  )
}

/** The checkpoints of a run, in a folder of their own, each named by its step: the last few and the best are kept. */
export class Checkpoints {
  readonly #folder: string
  readonly #keep: number

  constructor(folder: string, { keep = 2 }: { readonly keep?: number } = {}) {
    this.#folder = folder
    this.#keep = keep
  }

  /** Paths of the whole checkpoints, oldest first. */
  list(): string[] {
    if (!existsSync(this.#folder)) return []
    const names = readdirSync(this.#folder).filter((name) => /^step-\d+$/.test(name))
    return names.sort((a, b) => stepOf(a) - stepOf(b)).map((name) => join(this.#folder, name))
  }

  /** Write one, then remove those that are neither among the last few nor the best. @returns its path */
  save<Progress>(step: number, tensors: Tensors, checkpoint: Checkpoint<Progress>): string {
    const path = join(this.#folder, `step-${String(step).padStart(8, '0')}`)
    writeCheckpoint(path, tensors, checkpoint)
    this.#prune()
    return path
  }

  #prune(): void {
    const all = this.list()
    const best = leastBy(all, (path) => scoreOf(path))
    const partial = readdirSync(this.#folder).filter((name) => name.endsWith(partialSuffix))
    const old = all.slice(0, -this.#keep).filter((path) => path !== best)
    for (const path of old) remove(path)
    for (const name of partial) rmSync(join(this.#folder, name), { recursive: true, force: true })
  }
}

function scoreOf(path: string): number {
  const name = join(path, 'checkpoint.json')
  return parse(readFileSync(name), name).score ?? Number.POSITIVE_INFINITY
}

function leastBy(paths: readonly string[], score: (path: string) => number): string | undefined {
  const scored = paths.map((path) => ({ path, score: score(path) })).filter((x) => Number.isFinite(x.score))
  return scored.reduce<(typeof scored)[0] | undefined>((a, b) => (a && a.score <= b.score ? a : b), undefined)
    ?.path
}

const stepOf = (name: string): number => Number(name.slice('step-'.length))
