import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkedJson, withChecksum } from '../../core/checksum.ts'
import { ArgumentError, DamagedError, FormatError } from '../../core/errors.ts'
import { jsonIn } from '../../core/json.ts'
import { isMachineFault } from '../../core/machine.ts'
import { valueFingerprint } from '../../data/fingerprint.ts'
import { checkInside, readInside } from '../../disk/inside.ts'
import { writeWhole } from '../../disk/whole-file.ts'
import { DivergedError } from '../../train/diverged.ts'
import { logFile } from '../../train/event-log.ts'
import type { Experiment } from '../../train/experiment.ts'
import { RunFolder } from '../../train/run-folder.ts'
import type { RunFolderOptions } from '../../train/run-folder-options.ts'
import { optimizerOf } from '../../train/run-optimizer.ts'
import { type Change, settingText, withSettings } from '../../train/spec.ts'
import { trialKey } from '../design/design.ts'
import { noCurve, type Trial, type TrialResult } from '../trial.ts'
import { summarizeDrift } from './drift-summary.ts'
import { identityFingerprint } from './identity.ts'
import { isResult, isTrial } from './stored.ts'
import { trialFile } from './trial-file.ts'
import { type Logged, readLog, TrialLog } from './trial-log.ts'

/** A job for a worker process: a trial to run, with its folder and settings. */
export interface Job {
  readonly trial: Trial
  readonly folder: string
  /** The changes that turn the study's experiment into the trial's experiment. */
  readonly settings: readonly Change[]
  readonly watch: boolean
}

/** Returns a trial's folder, such as `0007`, within the folder of all trials. */
export const runFolder = (folder: string, { id }: Trial): string => join(folder, String(id).padStart(4, '0'))

/** Seconds of training between checkpoints: a killed process loses at most this. Shorter trials write none. */
const checkpointSeconds = 10

/** A trial's result, with the seconds spent in training steps but not yet those of the whole trial. */
type Partial = Omit<TrialResult, 'time'> & { readonly training: number }

type Notes = Readonly<Record<string, unknown>>

/**
 * Runs a trial in its own folder, like any other run, and writes its result to `trial.json`. If the folder already
 * has a result of this trial with the same experiment and data, returns that result; if the folder has a checkpoint,
 * resumes from there; deletes anything else in the folder.
 *
 * @param notes values to store in the folder's run.json
 * @returns the result, also if the trial diverges or fails, which its `status` says
 * @throws the error of a fault of the machine, such as a full disk, which is not a result of the trial. After a
 *   damaged file, the next attempt at the trial starts from the beginning.
 */
export async function runTrial(base: Experiment, job: Job, notes: Notes): Promise<TrialResult> {
  checkInside(dirname(job.folder), 'a folder')
  if (checkInside(job.folder, 'a folder')) checkInside(fileOf(job))
  const of = identityIn(base, job)
  const before = readResult(job, of)
  if (before) return before
  const begun = performance.now()
  let result: Partial
  try {
    result = await attempt(withSettings(base, job.settings), job, { ...notes, trial: job.trial })
  } catch (error) {
    if (error instanceof DamagedError) rmSync(checkpointsOf(job), { recursive: true, force: true })
    if (isMachineFault(error)) throw error
    const status = error instanceof DivergedError ? 'diverged' : 'failed'
    const message = error instanceof Error ? error.message : String(error)
    result = { status, error: message, ...logged(job, base), metrics: {} }
  }
  const { training, ...rest } = result
  const whole: TrialResult = { ...rest, time: { training, total: (performance.now() - begun) / 1e3 } }
  if (existsSync(job.folder)) {
    writeWhole(fileOf(job), withChecksum({ trial: job.trial, of, result: whole }))
  }
  return whole
}

async function attempt(experiment: Experiment, job: Job, notes: Notes): Promise<Partial> {
  const run = open(experiment, job, { notes, checkpointSeconds })
  try {
    const [isWhole, gathered] = [run.steps === 0, new TrialLog()]
    for await (const event of run.events()) gathered.add(event)
    const log = isWhole ? gathered.log : undefined // what came before a checkpoint is in the folder only
    const { explosion, ...seen } = readLog(job.folder, optimizerOf(experiment), log)
    if (explosion !== undefined) return { ...seen, status: 'diverged', error: explosion, metrics: {} }
    const drift = job.watch ? await summarizeDrift(run.task, experiment) : undefined
    return { status: 'done', ...seen, ...(drift && { drift }) }
  } finally {
    run.close()
  }
}

/** Opens the trial's run at its last checkpoint, or at the start if there is no usable checkpoint. */
function open(experiment: Experiment, job: Job, options: RunFolderOptions): RunFolder {
  const [{ folder }, checkpoints] = [job, checkpointsOf(job)]
  if (existsSync(checkpoints) && readdirSync(checkpoints).length > 0) {
    try {
      return new RunFolder(folder, experiment, { ...options, resume: true })
    } catch (error) {
      // A checkpoint that is damaged or of another experiment is useless; one that cannot be read may be intact.
      if (!(error instanceof FormatError || error instanceof ArgumentError)) throw error
    }
  }
  rmSync(folder, { recursive: true, force: true })
  return new RunFolder(folder, experiment, options)
}

const nothing = { metrics: {}, steps: 0, training: 0, curve: noCurve }

/** Returns what a trial had logged before an error ended it, without the curves of layers. */
function logged({ folder }: Job, { optimizer }: Experiment): Omit<Logged, 'layers' | 'explosion'> {
  if (!existsSync(logFile(folder))) return nothing
  const { layers: _, explosion: __, ...rest } = readLog(folder, optimizer)
  return rest
}

const checkpointsOf = ({ folder }: Job): string => join(folder, 'checkpoints')

const fileOf = ({ folder }: Job): string => trialFile(folder)

/** Removes the stored results of failed trials from the trial folders in `folder`, so that these trials run again. */
export function forgetFailed(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const file = trialFile(join(folder, name))
    const bytes = checkInside(join(folder, name), 'a folder') ? readInside(file) : undefined
    const { result } = Object(bytes && jsonIn(bytes)) as Record<string, unknown>
    if (Object(result).status === 'failed') rmSync(file)
  }
}

/** Returns a hash of a trial's experiment, changed settings, data and `watch`. */
const identityIn = (base: Experiment, { settings, watch }: Job): string =>
  valueFingerprint([identityFingerprint(base), settings.map(settingText), watch])

/** Returns the result in the trial's folder if it belongs to the same trial and its identity hash equals `of`. */
function readResult(job: Job, of: string): TrialResult | undefined {
  const bytes = readInside(fileOf(job))
  if (bytes === undefined) return undefined
  // A crash of the machine may have truncated the file: then the trial runs again.
  const json = checkedJson(new TextDecoder().decode(bytes))
  const { trial, of: identity, result } = Object(json) as Record<string, unknown>
  const isSame = identity === of && isTrial(trial) && trialKey(trial) === trialKey(job.trial)
  return isSame && isResult(result) ? result : undefined
}
