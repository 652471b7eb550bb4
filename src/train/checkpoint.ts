import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { integer, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { assignAll, readSafetensors, safetensorsParts } from './safetensors.ts'
import { flushFolder, partialOf, partialSuffix, writeFlushed } from './whole-file.ts'

/** Version of the format. Newer ones are refused. */
const format = 1

/** What a checkpoint holds besides tensors. */
export interface Checkpoint<Progress> {
  /** Where the run stands: all that resuming needs, as plain JSON. */
  readonly progress: Progress
  /** Hash of the data; other data are refused. */
  readonly fingerprint: string
  /** Score of which less is better, such as a validation loss; absent before the first evaluation. */
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
  /** CRC-32 of the JSON of everything before it. */
  sum: z.number(),
})

const files = ['model', 'optimizer'] as const

/**
 * Writes a checkpoint as a folder: `model.safetensors`, `optimizer.safetensors`, `checkpoint.json`.
 *
 * The folder is written under another name, flushed to the disk and then renamed, so that a folder of the final
 * name is whole, whenever the process or the machine stops.
 *
 * The state at the time of the call is written. Training may continue meanwhile: a step gives each variable a
 * new array, and writes to none.
 *
 * @param before settles when everything that must precede the checkpoint is on the disk
 */
export async function writeCheckpoint<Progress>(
  path: string,
  tensors: Tensors,
  checkpoint: Checkpoint<Progress>,
  before: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const partial = partialOf(path)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const write = (name: string, parts: readonly Uint8Array[]): Promise<void> =>
    writeFlushed(join(partial, name), parts)
  const parts = files.map((name) => [name, safetensorsParts(tensors[name])] as const)
  const writing = parts.map(([name, own]) => write(`${name}.safetensors`, own))
  const sums = Object.fromEntries(parts.map(([name, own]) => [name, sumOf(own)])) // while the disk is busy
  const description = { format, ...checkpoint, crc32: sums }
  const sum = crc32(JSON.stringify(description))
  const json = new TextEncoder().encode(JSON.stringify({ ...description, sum }))
  await Promise.all([before, ...writing, write('checkpoint.json', [json])])
  await flushFolder(partial)
  const old = setAside(path)
  renameSync(partial, path)
  await flushFolder(join(path, '..'))
  await remove(old)
}

/** Removes a folder without blocking training: freeing megabytes takes milliseconds. */
const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

const sumOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, bytes) => crc32(bytes, sum), 0)

/** Renames a folder before its removal, so that it is never seen half removed. @returns its new path */
function setAside(path: string): string {
  const going = partialOf(`${path}.old`)
  rmSync(going, { recursive: true, force: true })
  if (existsSync(path)) renameSync(path, going)
  return going
}

/**
 * Gives the tensors the numbers of a checkpoint.
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
  const json = jsonIn(bytes)
  if (json === undefined) {
    throw new FormatError(`${name}: wanted JSON, got something else; the file is damaged`)
  }
  const version = (json as { format?: unknown } | null)?.format
  if (typeof version === 'number' && version > format) {
    throw new FormatError(`${name}: wanted format ${format} or older, got ${version}; use a newer Evenstep`)
  }
  const checked = schema.safeParse(json)
  if (checked.success) return unchanged(checked.data, json as object, name)
  const at = checked.error.issues[0]?.path.join('.')
  throw new FormatError(
    `${name}: wanted a checkpoint's fields, got a wrong ${at || 'value'}; the file is damaged`,
  )
}

/** @throws {FormatError} when the JSON is not what was written. */
function unchanged(read: z.output<typeof schema>, json: object, name: string): z.output<typeof schema> {
  const { sum, ...description } = json as Record<string, unknown>
  if (crc32(JSON.stringify(description)) === sum) return read
  throw new FormatError(`${name}: wanted what was written, got something else; the file is damaged`)
}

const options = {
  /** How many of the last checkpoints are kept besides the best. @default 2 */
  keep: integer({ min: 1 }, 2),
}

/** The checkpoints of a run in one folder, each named by its step: the last few and the best are kept. */
export class Checkpoints {
  readonly #folder: string
  readonly #keep: number
  /** Known scores by path; infinite without an evaluation. */
  readonly #scores = new Map<string, number>()

  constructor(folder: string, given: OptionsOf<typeof options> = {}) {
    this.#folder = folder
    this.#keep = readOptions('Checkpoints', options, given).keep
  }

  /** Paths of the complete checkpoints, oldest first. */
  list(): string[] {
    if (!existsSync(this.#folder)) return []
    const names = readdirSync(this.#folder).filter((name) => /^step-\d+$/.test(name))
    return names.sort((a, b) => stepOf(a) - stepOf(b)).map((name) => join(this.#folder, name))
  }

  /**
   * Writes a checkpoint, as `writeCheckpoint` does, then removes those that are neither among the last few nor
   * the best. One call at a time.
   *
   * @returns its path
   */
  async save<Progress>(
    step: number,
    tensors: Tensors,
    checkpoint: Checkpoint<Progress>,
    before?: Promise<unknown>,
  ): Promise<string> {
    const path = join(this.#folder, `step-${String(step).padStart(8, '0')}`)
    const { score = Number.POSITIVE_INFINITY } = checkpoint
    await writeCheckpoint(path, tensors, checkpoint, before)
    this.#scores.set(path, score)
    await this.#prune()
    return path
  }

  async #prune(): Promise<void> {
    const all = this.list()
    const best = leastBy(all, (path) => this.#scoreOf(path))
    const old = all.slice(0, -this.#keep).filter((path) => path !== best)
    for (const path of old) await remove(setAside(path))
    const partial = readdirSync(this.#folder).filter((name) => name.endsWith(partialSuffix))
    for (const name of partial) await remove(join(this.#folder, name))
  }

  #scoreOf(path: string): number {
    const score = this.#scores.get(path) ?? scoreOf(path)
    this.#scores.set(path, score)
    return score
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
