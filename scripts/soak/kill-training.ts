import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure } from './attack.ts'
import type { Outcome, Running } from './command.ts'
import { hasEnded, type Lab } from './lab.ts'
import { sameRun, succeeded } from './same.ts'
import { experiments, type Subject } from './subjects.ts'

/** Moments at which training is killed. */
export type Moment =
  /** While the command starts. */
  | 'start'
  | 'training'
  /** Soon after a temporary file or folder appears beside checkpoints. */
  | 'write'
  /** Soon after a temporary file appears in the run's folder: the description, or the model at the end. */
  | 'file'
  /** In a chosen system call. */
  | 'call'

/** System calls that change files. */
const calls = [
  'rename,renameat,renameat2',
  'fsync,fdatasync',
  'unlink,unlinkat',
  'rmdir',
  'write,pwrite64',
  'writev,pwritev',
  'mkdir,mkdirat',
  'ftruncate',
]

export interface KillOptions {
  /** One for each kill; after the last the run is left to end. */
  readonly moments: readonly Moment[]
  /** Called after each kill. */
  readonly tried: () => void
}

/**
 * Trains a subject in the folder `run`, killed again and again, and resumed.
 *
 * @throws {Failure} unless the run ends like one that was never killed.
 */
export async function killTraining(
  lab: Lab,
  subject: Subject,
  run: string,
  draw: Draw,
  { moments, tried }: KillOptions,
): Promise<void> {
  const whole = await lab.undisturbed(subject)
  for (const moment of moments) {
    const outcome = await killedOnce(lab, subject, run, draw, moment)
    if (outcome.signal !== 'SIGKILL') {
      if (!hasEnded(outcome)) succeeded(outcome)
      break
    }
    tried()
  }
  const last = await lab.train(subject, run).outcome
  if (!hasEnded(last)) {
    succeeded(last)
    tidy(run)
  }
  sameRun(run, whole)
}

/** Trains until the moment comes, or to the end. */
async function killedOnce(
  lab: Lab,
  subject: Subject,
  run: string,
  draw: Draw,
  moment: Moment,
): Promise<Outcome> {
  const under = moment === 'call' ? killingStrace(draw) : []
  const running = lab.train(subject, run, { under })
  await Promise.race([running.outcome, momentOf(moment, running, run, draw)])
  running.kill('SIGKILL', 'group')
  return running.outcome
}

const killingStrace = (draw: Draw): string[] => {
  const call = draw.of(calls)
  const inject = `inject=${call}:signal=SIGKILL:when=${1 + draw.below(draw.of([3, 12, 40]))}`
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject]
}

async function momentOf(moment: Moment, { said, outcome }: Running, run: string, draw: Draw): Promise<void> {
  if (moment === 'call') return void (await outcome)
  if (moment === 'start') return void (await setTimeout(draw.below(1200)))
  const delay = moment === 'training' ? draw.below(draw.of([20, 150, 600])) : draw.below(6)
  const skipped = draw.below(draw.of([1, 4, 16]))
  if (moment === 'training') await said
  else await temporaryIn(moment === 'write' ? join(run, 'checkpoints') : run, skipped, outcome)
  await setTimeout(delay)
}

/** Resolves when a temporary file or folder appears in a folder, which may not exist yet. */
async function temporaryIn(folder: string, skipped: number, ended: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  ended.then(over, over)
  while (!existsSync(folder) && !isOver) await setTimeout(1)
  if (isOver) return
  let left = skipped
  const watcher = watch(folder)
  const seen = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      if (`${name}`.endsWith('.partial') && left-- <= 0) resolve()
    })
    watcher.on('error', () => resolve())
  })
  await Promise.race([seen, ended])
  watcher.close()
}

/** @throws {Failure} when a finished run has temporary files. */
function tidy(run: string): void {
  const left = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.partial'),
  )
  if (left.length > 0)
    throw new Failure(`${run}: wanted no temporary files after the end, got ${left.join(', ')}`)
}

let canTrace: boolean | undefined

/** Returns why system calls cannot be traced here; undefined if they can. */
function cannotTrace(): string | undefined {
  canTrace ??= spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0
  return canTrace ? undefined : 'strace is not installed, or may not trace here'
}

const kill = (name: string, moments: readonly Moment[], more: Partial<Attack> = {}): Attack => ({
  name,
  group: 'kills',
  ...more,
  round: ({ lab, draw, folder, limit, tried }) =>
    killTraining(lab, draw.of(experiments), join(folder, 'run'), draw, {
      moments: draw.list(Math.min(limit, 4 + draw.below(8)), () => draw.of(moments)),
      tried,
    }),
})

export const killsOfTraining: readonly Attack[] = [
  kill('kill-training', ['start', 'training', 'training', 'training']),
  kill('kill-in-write', ['write', 'write', 'write', 'file']),
  kill('kill-in-call', ['call'], {
    lacking: cannotTrace,
  }),
]
