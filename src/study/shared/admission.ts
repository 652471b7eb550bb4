import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type AbortSignalLike, orAborted } from '../../core/abort.ts'
import { DamagedError, EvenstepError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { isMachineFault } from '../../core/machine.ts'
import { writeWhole } from '../../disk/whole-file.ts'
import { workersLock } from '../run/lock.ts'
import { Pool } from '../run/pool.ts'
import { descriptionOf } from '../run/stored.ts'
import type { ExpectedExperiment } from './expected.ts'
import { isCode, keyOfSources, unpackSources, writeSources } from './sources.ts'
import type { OpenStudy, StudyWork } from './trial-queue.ts'

/** What a process that runs trials needs to start, and to check that its experiment is the study's. */
export interface TrialProcess {
  /** File of the experiment, or of a study with it. */
  readonly file: string
  /** Lock to share while the process runs. */
  readonly lock: string
  readonly settings: readonly string[]
  /** File with what the experiment must be: an `ExpectedExperiment` as JSON. */
  readonly expected: string
}

/** Whose trials a worker runs, and how. */
export interface Terms {
  /** Version of this Evenstep. */
  readonly evenstep: string
  /** Keys of studies whose code may run. */
  readonly trust: readonly string[]
  /** Files of experiments, or of studies with them, on this machine: their code may run. */
  readonly files: readonly string[]
  readonly timeLimit: number
  /** Abort signal that ends a process while it starts. */
  readonly signal: AbortSignalLike
  /** Starts a process that runs trials. */
  readonly start: (process: TrialProcess) => ChildProcess
}

/** A study whose trials this worker can run. */
export interface Admitted {
  readonly pool: Pool
  readonly watch: boolean
  readonly models: boolean
  /** Folder for the folders of its trials. */
  readonly folder: string
}

/**
 * Checks that this worker has the Evenstep, the experiment and the data of a study, and starts a process for its trials.
 *
 * @param folder an empty folder for the study
 * @returns why this worker cannot run the study's trials, as a message, if it cannot
 * @throws {MachineError} when a process cannot start.
 * @throws the reason of the signal, once it is aborted.
 * @throws {DamagedError} when the study in the database is damaged.
 */
export async function admit(
  study: OpenStudy,
  work: StudyWork,
  folder: string,
  terms: Terms,
): Promise<Admitted | string> {
  const { name, evenstep, key } = study
  const who = `study ${name}`
  if (evenstep !== terms.evenstep)
    return `${who}: wanted Evenstep ${evenstep} as where it was planned, got ${terms.evenstep}; install evenstep@${evenstep}`
  const found = fileFor(study, work, folder, terms)
  if (found === undefined) {
    return (
      `${who}: wanted leave to run its code, got none; start the worker with --trust ${key}, ` +
      `or with your own copy of ${basename(work.file)}`
    )
  }
  const { experiment, watch } = descriptionOf(who, work.description)
  const identity = experiment as ExpectedExperiment['identity']
  const expected: ExpectedExperiment = { key, origin: work.origin, identity }
  const path = join(folder, 'expected.json')
  writeWhole(path, JSON.stringify(expected))
  const settings = jsonIn(work.settings)
  if (!isTexts(settings)) {
    const fix = 'repeat evenstep study, which writes them again'
    throw new DamagedError(`${who}: wanted its settings as a list of texts, got something else; ${fix}`)
  }
  const start = (): ChildProcess =>
    terms.start({ file: found, lock: workersLock(folder), settings, expected: path })
  const pool = new Pool(start, { tries: 1, timeLimit: terms.timeLimit })
  try {
    await orAborted(terms.signal, pool.begun())
  } catch (error) {
    await pool.close()
    if (error instanceof EvenstepError && !isMachineFault(error)) return `${who}: ${error.message}`
    throw error
  }
  return { pool, watch: watch === true, models: work.models, folder: join(folder, 'trials') }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Returns the file of the study's experiment that may be loaded here; undefined if none may. */
function fileFor(
  { name, key }: OpenStudy,
  { sources, file, origin }: StudyWork,
  folder: string,
  { trust, files }: Terms,
): string | undefined {
  const names = [file, origin].map((path) => basename(path))
  const own = files.find((one) => names.includes(basename(one)))
  if (own !== undefined) return own
  const unpacked = unpackSources(sources, `study ${name}`)
  // The key is that of the bytes at hand: nobody can send other ones under a trusted key.
  const isTrusted = !isCode(unpacked) || (keyOfSources(unpacked) === key && trust.includes(key))
  if (!isTrusted) return undefined
  mkdirSync(join(folder, 'sources'))
  return writeSources(join(folder, 'sources'), unpacked)
}
