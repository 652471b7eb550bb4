import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { valueFingerprint } from '../../data/files/fingerprint.ts'
import { DivergedError } from '../../train/diverged.ts'
import { logFile } from '../../train/event-log.ts'
import type { Experiment } from '../../train/experiment.ts'
import { RunFolder, type RunFolderOptions } from '../../train/run-folder.ts'
import { override } from '../../train/spec.ts'
import { writeWhole } from '../../train/whole-file.ts'
import { trialKey } from '../design/design.ts'
import type { Trial, TrialResult } from '../trial.ts'
import { driftOf } from './drift.ts'
import { identityFingerprint } from './identity.ts'
import { readLog } from './trial-log.ts'

/** A trial with all that it takes to run it. */
export interface Job {
  readonly trial: Trial
  /** Where its run is kept. */
  readonly folder: string
  /** The trial as `path=value`. */
  readonly settings: readonly string[]
  readonly watch: boolean
}

/** Seconds between checkpoints: what a trial that is shorter does not need, and what a kill may cost a longer one. */
const checkpointSeconds = 10

/**
 * Run a trial, in a folder of its own: an ordinary run, with `trial.json` beside it when it is over. A trial that is
 * over in its folder already, with the same experiment and data, is not run again; one that has a checkpoint goes on from
 * it; what else is there is removed.
 *
 * @param notes kept in the run's run.json
 * @returns what came of it, also when that is an error
 */
export async function runTrial(
  base: Experiment,
  job: Job,
  notes: Readonly<Record<string, unknown>>,
): Promise<TrialResult> {
  const of = identityIn(base, job)
  const before = readResult(job, of)
  if (before) return before
  const begun = performance.now()
  let result: Omit<TrialResult, 'time'> & { readonly training: number }
  try {
    result = await attempt(override(base, job.settings), job, { ...notes, trial: job.trial })
  } catch (error) {
    const status = error instanceof DivergedError ? 'diverged' : 'failed'
    result = { status, error: messageOf(error), ...logged(job, base), metrics: {} }
  }
  const { training, ...rest } = result
  const whole: TrialResult = { ...rest, time: { training, total: (performance.now() - begun) / 1e3 } }
  if (existsSync(job.folder)) keep(job, of, whole)
  return whole
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function attempt(
  experiment: Experiment,
  job: Job,
  notes: Readonly<Record<string, unknown>>,
): Promise<Omit<TrialResult, 'time'> & { readonly training: number }> {
  const run = open(experiment, job, { notes, checkpointSeconds })
  try {
    for await (const _ of run.events());
    const drift = job.watch ? await driftOf(run.task, experiment) : undefined
    return { status: 'done', ...readLog(job.folder, experiment.optimizer), ...(drift && { drift }) }
  } finally {
    run.close()
  }
}

/** The trial's run: where a checkpoint has it, or else from its beginning. */
function open(experiment: Experiment, { folder }: Job, options: RunFolderOptions): RunFolder {
  const checkpoints = join(folder, 'checkpoints')
  if (existsSync(checkpoints) && readdirSync(checkpoints).length > 0) {
    try {
      return new RunFolder(folder, experiment, { ...options, resume: true })
    } catch {
      // Of another trial, or damaged: what is left of it is of no use.
    }
  }
  rmSync(folder, { recursive: true, force: true })
  return new RunFolder(folder, experiment, options)
}

const nothing = { metrics: {}, steps: 0, training: 0, curve: { steps: [], trainLoss: [], lr: [] } }

/** What was logged before it went wrong. */
function logged({ folder }: Job, { optimizer }: Experiment): Omit<ReturnType<typeof readLog>, 'layers'> {
  if (!existsSync(logFile(folder))) return nothing
  const { layers: _, ...rest } = readLog(folder, optimizer)
  return rest
}

const fileOf = ({ folder }: Job): string => join(folder, 'trial.json')

/** A short text that differs when the experiment is another, or what is made of it. */
const identityIn = (base: Experiment, { settings, watch }: Job): string =>
  valueFingerprint([identityFingerprint(base), settings, watch])

function keep(job: Job, of: string, result: TrialResult): void {
  writeWhole(fileOf(job), JSON.stringify({ trial: job.trial, of, result }))
}

/** What came of the trial, if it is over in its folder. */
function readResult(job: Job, of: string): TrialResult | undefined {
  if (!existsSync(fileOf(job))) return undefined
  try {
    const kept = JSON.parse(readFileSync(fileOf(job), 'utf8'))
    return trialKey(kept.trial) === trialKey(job.trial) && kept.of === of ? kept.result : undefined
  } catch {
    return undefined // cut short when the machine stopped: it is run again
  }
}
