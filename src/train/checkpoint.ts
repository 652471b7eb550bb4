import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { checkFields, checkFolder } from '../core/mismatch.ts'
import {
  custom,
  integer,
  nested,
  number,
  type OptionsOf,
  readOptions,
  required,
  text,
  type ValuesOf,
} from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { assignSame } from './load-weights.ts'
import { readSafetensors, safetensorsChunks } from './safetensors.ts'
import { flushFolder, partialOf, partialSuffix, writeFlushed } from './whole-file.ts'

/** Version of the checkpoint format. Checkpoints of a newer version are refused. */
const format = 1

/** The contents of a checkpoint except its tensors. */
export interface Checkpoint<Progress> {
  /** State of the run except tensors, as plain JSON. */
  readonly progress: Progress
  /** Hash of the data set; a run cannot resume with data that has another hash. */
  readonly fingerprint: string
  /** Score to find the best checkpoint, such as validation loss; lower is better. Absent within an epoch. */
  readonly score?: number
}

/** Variables saved in a checkpoint, by name: one map for each of its two tensor files. */
export interface Tensors {
  readonly model: ReadonlyMap<string, Variable>
  readonly optimizer: ReadonlyMap<string, Variable>
}

/** Fields of `checkpoint.json`. */
const fields = {
  format: required(integer()),
  /** Any JSON: the run checks it. */
  progress: custom<unknown>('JSON', () => true),
  fingerprint: required(text()),
  score: number(),
  /** CRC-32 checksum of each tensor file. */
  crc32: required(nested({ model: required(integer()), optimizer: required(integer()) })),
  /** CRC-32 checksum of the JSON of all other fields. */
  sum: required(integer()),
}

const files = ['model', 'optimizer'] as const

function checkTensors(who: string, tensors: Tensors): void {
  const wanted = 'variables by name as model and optimizer'
  for (const name of files) checkFields(who, wanted, Object(tensors)[name], 'values')
}

/**
 * Writes a checkpoint as a folder: `model.safetensors`, `optimizer.safetensors`, `checkpoint.json`.
 *
 * The folder is written under a temporary name, flushed to disk and then renamed, so that a folder with the
 * final name is complete even after a crash or a power cut.
 *
 * Saves the values at the time of the call, even if training continues during the write: a step replaces a
 * variable's array and never writes into it.
 *
 * @param before resolves when other files, such as the log, are on disk; only then does the folder get its
 *   final name
 */
export async function writeCheckpoint<Progress>(
  path: string,
  tensors: Tensors,
  checkpoint: Checkpoint<Progress>,
  before: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  checkFolder('writeCheckpoint', path)
  checkTensors('writeCheckpoint', tensors)
  checkFields('writeCheckpoint', 'a checkpoint with progress and fingerprint', checkpoint, 'fingerprint')
  const partial = partialOf(path)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const write = (name: string, chunks: readonly Uint8Array[]): Promise<void> =>
    writeFlushed(join(partial, name), chunks)
  const contents = files.map((name) => [name, safetensorsChunks(tensors[name])] as const)
  const writing = contents.map(([name, chunks]) => write(`${name}.safetensors`, chunks))
  const sums = contents.map(([name, chunks]) => [name, chunks.reduce((sum, bytes) => crc32(bytes, sum), 0)])
  const description = { format, ...checkpoint, crc32: Object.fromEntries(sums) }
  const sum = crc32(JSON.stringify(description))
  const json = new TextEncoder().encode(JSON.stringify({ ...description, sum }))
  await Promise.all([before, ...writing, write('checkpoint.json', [json])])
  await flushFolder(partial)
  const old = setAside(path)
  renameSync(partial, path)
  await flushFolder(join(path, '..'))
  await remove(old)
}

/** Removes a folder asynchronously: freeing megabytes takes milliseconds, which would delay training. */
const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

/** Renames a folder before its removal, so that no reader finds it half removed. @returns the new path */
function setAside(path: string): string {
  const discarded = partialOf(`${path}.old`)
  rmSync(discarded, { recursive: true, force: true })
  if (existsSync(path)) renameSync(path, discarded)
  return discarded
}

/**
 * Loads the checkpoint in the folder `path` into the variables of `tensors`.
 *
 * @param fingerprint hash of the data, which must be that of the checkpoint. @default any data will do
 * @returns the `progress` saved in the checkpoint
 * @throws {FormatError} when a file is missing, damaged, of a newer format, of another model or of other data;
 *   the tensors are unchanged then.
 */
export function readCheckpoint<Progress>(path: string, tensors: Tensors, fingerprint?: string): Progress {
  checkFolder('readCheckpoint', path)
  checkTensors('readCheckpoint', tensors)
  const read = (name: string): Uint8Array => {
    if (existsSync(join(path, name))) return readFileSync(join(path, name))
    throw new FormatError(`${path}: wanted a checkpoint, got no ${name}`)
  }
  const label = (name: string): string => join(basename(path), name)
  const description = parse(read('checkpoint.json'), label('checkpoint.json'))
  if (fingerprint !== undefined && description.fingerprint !== fingerprint) {
    throw new FormatError(
      `${path}: wanted the data that the run began with, got other data; resume with the same files`,
    )
  }
  const loaded = files.map((name) => {
    const [file, bytes] = [label(`${name}.safetensors`), read(`${name}.safetensors`)]
    if (crc32(bytes) !== description.crc32[name]) {
      throw new FormatError(`${file}: wanted the bytes that were written, got others; the file is damaged`)
    }
    return [tensors[name], readSafetensors(bytes, file), file] as const
  })
  for (const [variables, stored, file] of loaded) assignSame(variables, stored, file)
  return description.progress as Progress
}

/** Parses `checkpoint.json`. @throws {FormatError} unless it has the fields and the bytes that were written. */
function parse(bytes: Uint8Array, name: string): ValuesOf<typeof fields> {
  const json = jsonIn(bytes)
  if (json === undefined)
    throw new FormatError(`${name}: wanted JSON, got something else; the file is damaged`)
  const { sum, ...description } = Object(json)
  if (typeof description.format === 'number' && description.format > format) {
    const got = description.format
    throw new FormatError(`${name}: wanted format ${format} or older, got ${got}; use a newer Evenstep`)
  }
  const checked = checkedFields(json, name)
  if (crc32(JSON.stringify(description)) === sum) return checked
  throw new FormatError(`${name}: wanted the JSON that was written, got other JSON; the file is damaged`)
}

function checkedFields(json: unknown, name: string): ValuesOf<typeof fields> {
  try {
    return readOptions(name, fields, json)
  } catch (error) {
    throw new FormatError(`${(error as Error).message}; the file is damaged`)
  }
}

const options = {
  /** Number of recent checkpoints to keep besides the best one. @default 2 */
  keep: integer({ min: 1 }, 2),
}

/** A run's folder of checkpoints, which are named by step. Keeps only the most recent ones and the best one. */
export class Checkpoints {
  readonly #folder: string
  readonly #keep: number
  /** Score (lower is better) of each checkpoint, by its path; Infinity for a checkpoint without a score. */
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
   * Writes a checkpoint with `writeCheckpoint`, then removes the checkpoints that are neither recent nor the
   * best. Each call must be awaited before the next.
   *
   * @returns path of the checkpoint
   */
  async save<Progress>(
    step: number,
    tensors: Tensors,
    checkpoint: Checkpoint<Progress>,
    before?: Promise<unknown>,
  ): Promise<string> {
    const path = join(this.#folder, `step-${String(step).padStart(8, '0')}`)
    await writeCheckpoint(path, tensors, checkpoint, before)
    this.#scores.set(path, checkpoint.score ?? Number.POSITIVE_INFINITY)
    await this.#prune()
    return path
  }

  /** Returns path and score of the best complete checkpoint, the earliest if tied; undefined if none has a score. */
  best(): { readonly path: string; readonly score: number } | undefined {
    const all = this.list().map((path) => ({ path, score: this.#scoreOf(path) }))
    const least = Math.min(...all.map(({ score }) => score))
    return Number.isFinite(least) ? all.find(({ score }) => score === least) : undefined
  }

  async #prune(): Promise<void> {
    const all = this.list()
    const best = this.best()?.path
    const old = all.slice(0, -this.#keep).filter((path) => path !== best)
    for (const path of old) await remove(setAside(path))
    const partial = readdirSync(this.#folder).filter((name) => name.endsWith(partialSuffix))
    for (const name of partial) await remove(join(this.#folder, name))
  }

  #scoreOf(path: string): number {
    const file = join(path, 'checkpoint.json')
    const score = this.#scores.get(path) ?? parse(readFileSync(file), file).score ?? Number.POSITIVE_INFINITY
    this.#scores.set(path, score)
    return score
  }
}

const stepOf = (name: string): number => Number(name.slice('step-'.length))
