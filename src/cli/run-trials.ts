import { type ChildProcess, fork } from 'node:child_process'
import { Command } from 'commander'
import { EvenstepError, MachineError } from '../core/errors.ts'
import { isMachineFault, machineError } from '../core/machine.ts'
import { keepSessions } from '../runtime/node-cpu.ts'
import { heartbeatPipe, sendHeartbeats } from '../study/run/heartbeat.ts'
import { identityFingerprint } from '../study/run/identity.ts'
import { type Job, runTrial } from '../study/run/run-trial.ts'
import type { FromWorker } from '../study/run/study-worker.ts'
import type { ExpectedExperiment } from '../study/shared/expected.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadWithOrigin } from '../train/experiment-file.ts'
import { override, settingText } from '../train/spec.ts'
import type { Origin } from '../train/trust.ts'
import { setOption } from './arguments.ts'
import { signals } from './interrupt.ts'
import { versions } from './version.ts'

/** `evenstep run-trials FILE`, for internal use: runs a study's trials, as its parent process sends them. */
export const runTrialsCommand = (): Command =>
  new Command('run-trials')
    .description('run trials for evenstep study')
    .argument('<file>', 'file of the study or the experiment')
    .argument('<lock>', 'lock to share while running')
    .addOption(setOption())
    .option('--expected <file>', 'refuse to start with another experiment than this file describes')
    .option('--heartbeats', `send a byte each second on the open file ${heartbeatPipe}`)
    .action(work)

interface Options {
  readonly set: readonly string[]
  readonly expected?: string
  readonly heartbeats?: true
}

async function work(file: string, lock: string, { set, expected, heartbeats }: Options): Promise<void> {
  if (process.send === undefined) {
    throw new EvenstepError('run-trials: wanted a study that sends it trials, got none; use evenstep study')
  }
  signals.ignore() // a signal to the process group is for the parent, which kills its workers
  process.on('disconnect', () => process.exit(1))
  if (heartbeats) sendHeartbeats()
  try {
    const { lockShared } = await import('../study/run/lock.ts')
    if (lockShared(lock) === undefined) throw new MachineError(`${lock}: wanted to share it, got refused`)
    const { experiment, origin } = await loadWithOrigin(file)
    const base = override(experiment, set)
    const planned = expected === undefined ? { origin } : await checkExpected(expected, base, origin)
    identityFingerprint(base) // reads all the data, which must not count as time of the first trial
    // At least enough to train a model and its rival, and to evaluate them on full batches and on the last one.
    keepSessions(6, process.memoryUsage.rss)
    process.on('message', async (job: Job) => {
      const settings = [...set, ...job.settings.map(settingText)]
      const notes = { origin: { file: planned.origin, settings } satisfies Origin, versions }
      say(await outcomeOf(base, job, notes))
    })
    say({ type: 'ready' })
  } catch (error) {
    say({ type: 'refused', message: messageOf(error), isFault: isMachineFault(error) })
  }
}

/** Runs a trial, and returns its outcome. A fault of the machine does not count as a result of the trial. */
async function outcomeOf(base: Experiment, job: Job, notes: object): Promise<FromWorker> {
  try {
    return { type: 'finished', result: await runTrial(base, job, { ...notes }) }
  } catch (error) {
    return { type: 'faulted', message: messageOf(error) }
  }
}

function messageOf(error: unknown): string {
  const shown = machineError(error) ?? error
  return shown instanceof Error ? shown.message : String(shown)
}

/**
 * Starts a worker process that runs trials of the experiment in `file`.
 *
 * @param lock path of the lock file that all workers share
 * @param set settings of the experiment to change, each as `path=value`
 * @param expected file with what the experiment must be, for a study that was planned elsewhere
 */
export function startWorker(
  file: string,
  lock: string,
  set: readonly string[],
  expected?: string,
): ChildProcess {
  const settings = set.flatMap((setting) => ['--set', setting])
  if (expected !== undefined) settings.push('--expected', expected)
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'] as const // the last one for heartbeats
  return fork(process.argv[1]!, ['run-trials', file, lock, '--heartbeats', ...settings], {
    stdio: [...stdio],
  })
}

/** Returns what the file `expected` says, after checking the experiment and the files that it was loaded from. */
async function checkExpected(
  expected: string,
  experiment: Experiment,
  origin: string,
): Promise<ExpectedExperiment> {
  const { checkExperimentOf } = await import('../study/shared/expected.ts')
  return checkExperimentOf(expected, experiment, origin)
}

/** Sends a message to the parent process. Ignores errors: if the parent has exited, this process exits, too. */
const say = (message: FromWorker): void => void process.send!(message, () => {})
