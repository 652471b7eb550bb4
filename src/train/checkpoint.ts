import { basename, dirname, join, mkdirSync, readdirSync, removeFolder, renameSync, rmSync } from '#files'
import { FormatError } from '../core/errors.ts'
import { checkFields, checkFolder } from '../core/mismatch.ts'
import { integer, type OptionsOf, readOptions } from '../core/options.ts'
import type { Variable } from '../core/variable.ts'
import { putBack, setAside } from '../disk/aside.ts'
import { fileFault, onFile } from '../disk/fault.ts'
import { checkInside } from '../disk/inside.ts'
import { flushFolder, partialOf, partialSuffix, writeFlushed, writeWhole } from '../disk/whole-file.ts'
import { assignSame } from './assign-weights.ts'
import { checkpointJson, incomplete, readCheckpointJson } from './checkpoint-json.ts'
import { type Stored, safetensorsChunks } from './safetensors.ts'
import { otherBytes, sumOfChunks, tensorsInside } from './tensor-file.ts'

/** Contents of a checkpoint, except its tensors. */
export interface Checkpoint<Progress> {
  /** State of the run, except tensors, as plain JSON. */
  readonly progress: Progress
  /** Hash of the data set. A run cannot be resumed with data that have another hash. */
  readonly fingerprint: string
  /** Score for choosing the best checkpoint, such as validation loss; lower is better. Absent within an epoch. */
  readonly score?: number
}

/** Variables saved in a checkpoint, by name: one map for each of its two tensor files. */
export interface Tensors {
  readonly model: ReadonlyMap<string, Variable>
  readonly optimizer: ReadonlyMap<string, Variable>
  /** Content of `evaluation.safetensors`, in chunks: weights for evaluation; absent if the file is not needed. */
  readonly evaluation?: readonly Uint8Array[] | undefined
}

const files = ['model', 'optimizer'] as const

function checkTensors(who: string, tensors: Tensors): void {
  const wanted = 'variables by name as model and optimizer'
  for (const name of files) checkFields(who, wanted, Object(tensors)[name], 'values')
}

/**
 * Writes a checkpoint as a folder with three files: `model.safetensors`, `optimizer.safetensors`, `checkpoint.json`.
 * With `tensors.evaluation`, such as averaged weights, the folder also has `evaluation.safetensors`.
 *
 * The folder is written under a temporary name, flushed to disk and then renamed, so a folder that has the final name
 * is complete, even after a crash or a power cut.
 *
 * The values saved are those at the time of the call, even if training continues during the write: an optimizer step
 * replaces a variable's array and never writes into it.
 *
 * @param before promise that resolves when other files, such as the log, are on disk; the folder is renamed only
 *   after that
 * @throws {MachineError} when the checkpoint cannot be written; an older checkpoint of the same name is then kept.
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
  const contents = contentsOf(tensors)
  const sums = Object.fromEntries(contents.map(([name, chunks]) => [name, sumOfChunks(chunks)]))
  const json = checkpointJson(checkpoint, sums)
  try {
    await removeFolder(partial)
    mkdirSync(partial, { recursive: true })
    const write = (name: string, chunks: readonly Uint8Array[]): Promise<void> =>
      writeFlushed(join(partial, name), chunks)
    const writing = contents.map(([name, chunks]) => write(`${name}.safetensors`, chunks))
    const written = await Promise.allSettled([before, ...writing, write('checkpoint.json', [json])])
    for (const one of written) if (one.status === 'rejected') throw one.reason
    await flushFolder(partial)
    const old = setAside(path)
    renameSync(partial, path)
    await flushFolder(dirname(path))
    await removeFolder(old) // asynchronously: freeing megabytes takes milliseconds, which would delay training
  } catch (cause) {
    await removeFolder(partial).catch(() => {}) // the error that is being reported matters more
    putBack(path)
    throw fileFault(path, cause)
  }
}

/** Returns the chunks of each tensor file by its name. */
function contentsOf(tensors: Tensors): [string, readonly Uint8Array[]][] {
  const trained = files.map((name): [string, Uint8Array[]] => [name, safetensorsChunks(tensors[name])])
  return tensors.evaluation ? [...trained, ['evaluation', tensors.evaluation]] : trained
}

/**
 * Loads the checkpoint in the folder `path` into the variables of `tensors`.
 *
 * @param fingerprint hash of the run's data, which must equal the checkpoint's. @default accepts any data
 * @param check validates the saved progress: returns it, or throws. @default no check
 * @returns the `progress` saved in the checkpoint
 * @throws {DamagedError} when a file is missing or damaged; the tensors are unchanged then.
 * @throws {FormatError} when the checkpoint has a newer format, belongs to another model or other data, or contains a
 *   symbolic link; the tensors are unchanged then.
 */
export function readCheckpoint<Progress>(
  path: string,
  tensors: Tensors,
  fingerprint?: string,
  check: (progress: unknown) => Progress = (progress) => progress as Progress,
): Progress {
  checkFolder('readCheckpoint', path)
  checkTensors('readCheckpoint', tensors)
  const description = readCheckpointJson(path)
  if (fingerprint !== undefined && description.fingerprint !== fingerprint) {
    throw new FormatError(
      `${path}: wanted the data that the run began with, got other data; resume with the same files`,
    )
  }
  const progress = check(description.progress)
  const loaded = files.map((name) => [name, readPart(path, name, description.crc32[name])] as const)
  for (const [name, stored] of loaded) assignSame(tensors[name], stored, labelOf(path, name))
  return progress
}

/** Reads a checkpoint's progress and data hash, not its tensors. @throws {DamagedError} when it is damaged. */
export function readState<Progress>(path: string): Pick<Checkpoint<Progress>, 'progress' | 'fingerprint'> {
  const { progress, fingerprint } = readCheckpointJson(path)
  return { progress: progress as Progress, fingerprint }
}

/** Returns tensors of a checkpoint by name. @throws {DamagedError} when a file is missing or damaged. */
export const readWeights = (path: string, part: 'model' | 'evaluation'): Map<string, Stored> =>
  readPart(path, part, readCheckpointJson(path).crc32[part])

const labelOf = (path: string, name: string): string => join(basename(path), `${name}.safetensors`)

/**
 * Reads a file of tensors.
 *
 * @param wanted checksum of its bytes; undefined if none was stored, as in older versions of Evenstep
 * @throws {DamagedError} when it is missing, or its bytes have another checksum.
 */
function readPart(path: string, name: string, wanted: number | undefined): Map<string, Stored> {
  const [file, label] = [`${name}.safetensors`, labelOf(path, name)]
  const stored = tensorsInside(join(path, file), label, (sum) => {
    if (wanted !== undefined && sum !== wanted) throw otherBytes(label)
  })
  if (stored === undefined) throw incomplete(path, file)
  return stored
}

const options = {
  /** Number of recent checkpoints to keep besides the best one. @default 2 */
  keep: integer({ min: 1 }, 2),
}

/** The folder with a run's checkpoints, each named by its step. Keeps only the most recent ones and the best one. */
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
    if (!checkInside(this.#folder, 'a folder')) return []
    const names = onFile(this.#folder, () => readdirSync(this.#folder)).filter((name) =>
      /^step-\d+$/.test(name),
    )
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
    // Not recursive: somebody may have removed the folder of the run.
    if (!checkInside(this.#folder, 'a folder')) onFile(this.#folder, () => mkdirSync(this.#folder))
    await writeCheckpoint(path, tensors, checkpoint, before)
    this.#scores.set(path, checkpoint.score ?? Number.POSITIVE_INFINITY)
    await this.#prune()
    return path
  }

  /** Returns path and score of the best complete checkpoint (the earliest if tied); undefined if none has a score. */
  best(): { readonly path: string; readonly score: number } | undefined {
    const all = this.list().map((path) => ({ path, score: this.#scoreOf(path) }))
    const least = Math.min(...all.map(({ score }) => score))
    return Number.isFinite(least) ? all.find(({ score }) => score === least) : undefined
  }

  /**
   * Writes `best.json`, which tells people which checkpoint is the best, and why.
   *
   * @param monitor name of the quantity used as the score (with its sign changed if `goal` is `max`)
   */
  markBest(monitor: string, goal: 'min' | 'max'): void {
    const best = this.best()
    if (best === undefined) return
    const value = goal === 'max' ? -best.score : best.score
    const mark = { checkpoint: basename(best.path), monitor, value }
    writeWhole(join(this.#folder, 'best.json'), `${JSON.stringify(mark)}\n`)
  }

  /** Cleans up after a process that was killed: removes incomplete checkpoint folders, and calls `markBest`. */
  recover(monitor: string, goal: 'min' | 'max'): void {
    this.#clean()
    this.markBest(monitor, goal)
  }

  /** Removes checkpoint folders that are incomplete. */
  #clean(): void {
    if (!checkInside(this.#folder, 'a folder')) return
    for (const name of readdirSync(this.#folder).filter((name) => name.endsWith(partialSuffix)))
      rmSync(join(this.#folder, name), { recursive: true, force: true })
  }

  async #prune(): Promise<void> {
    const all = this.list()
    const best = this.best()?.path
    const old = all.slice(0, -this.#keep).filter((path) => path !== best)
    for (const path of old) await removeFolder(setAside(path))
    this.#clean()
  }

  #scoreOf(path: string): number {
    const score = this.#scores.get(path) ?? readCheckpointJson(path).score ?? Number.POSITIVE_INFINITY
    this.#scores.set(path, score)
    return score
  }
}

const stepOf = (name: string): number => Number(name.slice('step-'.length))
