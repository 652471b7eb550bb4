import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Attack, Failure, type Round } from './attack.ts'
import { sufferedFault } from './full-disk.ts'
import { cannotMount, mountReadOnly, unmount } from './mounts.ts'
import { orderly, refused, sameRun, sameStudy, succeeded } from './same.ts'
import { experiments, inMemory, studies } from './subjects.ts'

/** The system's number of the user `nobody`, who owns nothing. */
const nobody = 65_534

const isRoot = process.getuid?.() === 0

/** Program and arguments that run a command as a user for whom permissions count. */
const asUser: readonly string[] = isRoot
  ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
  : []

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Returns why commands cannot run as such a user; undefined if they can. */
function cannotChangeUser(): string | undefined {
  if (process.getuid === undefined) return 'this system has no users to run commands as'
  const [program = '', ...words] = [...asUser, 'test', '-r', join(repository, 'package.json')]
  return spawnSync(program, words).status === 0 ? undefined : 'no other user can read this repository'
}

/** Gives a folder and all in it to the user that commands run as. @returns the folder */
function given(folder: string): string {
  mkdirSync(folder, { recursive: true })
  if (!isRoot) return folder
  for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(folder, name), nobody, nobody)
  }
  return folder
}

/** Changes the permissions of a file or folder while `use` runs. */
async function withMode(path: string, mode: number, use: () => Promise<void>): Promise<void> {
  const before = isFolder(path) ? 0o755 : 0o644
  chmodSync(path, mode)
  try {
    await use()
  } finally {
    chmodSync(path, before)
  }
}

const isFolder = (path: string): boolean => {
  try {
    readdirSync(path)
    return true
  } catch {
    return false
  }
}

/** A file that may not be read: a command that needs it says so, and any other gives what it gave before. */
const unreadable: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(inMemory)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  cpSync(whole, run, { recursive: true })
  given(run)
  const inside = readdirSync(run, { recursive: true, encoding: 'utf8' })
  const path = join(run, draw.of(['', ...inside]))
  // This user did not train the run, and has to say that the experiment's code may be executed.
  const trusted = ['--experiment', lab.fileOf(subject)]
  const commands = [
    ['eval', run, '--json', ...trusted],
    ['eval', run, '--best', '--json', ...trusted],
    ['csv', run],
    ['doctor', run, '--json', ...trusted],
    ['export', run, join(given(join(folder, 'out')), 'model.onnx')],
  ]
  const args = draw.of(commands)
  const before = succeeded(await lab.evenstep(args, { under: asUser }))
  await withMode(path, 0, async () => {
    const outcome = await lab.evenstep(args, { under: asUser })
    if (outcome.code !== 0) {
      tried()
      also(() => refused(outcome, [4]))
      if (/damaged/.test(outcome.err)) {
        throw new Failure(`${outcome.command}: wanted the missing permission named, got\n${outcome.err}`)
      }
    } else if (outcome.out !== before.out)
      throw new Failure(`${outcome.command}: wanted the same, got\n${outcome.out}`)
  })
}

/** A folder that may not be written any more, from a random moment on. */
const locked: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(given(join(folder, 'own')), 'run')
  const running = lab.train(subject, run, { under: asUser })
  if (draw.chance(0.7)) await running.said
  await Promise.race([running.outcome, setTimeout(draw.below(draw.of([50, 400, 1200])))])
  const candidates = [join(folder, 'own'), run, join(run, 'checkpoints')].filter((path) => existsSync(path))
  await withMode(draw.of(candidates), draw.of([0o555, 0o000]), async () => {
    sufferedFault(await running.outcome, round)
  })
  await lab.trained(subject, run, { under: asUser })
  sameRun(run, whole)
}

const lockedStudy: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const own = join(given(join(folder, 'own')), 'study')
  const running = lab.study(subject, own, { under: asUser })
  if (draw.chance(0.7)) await running.said
  await Promise.race([running.outcome, setTimeout(draw.below(draw.of([50, 1000, 3000])))])
  const inside = existsSync(own) ? ['', 'trials', 'trials/0001', 'study.db'] : []
  const candidates = [join(folder, 'own'), ...inside.map((name) => join(own, name))]
  const path = draw.of(candidates.filter((one) => existsSync(one)))
  await withMode(path, draw.of([0o555, 0o000]), async () => {
    sufferedFault(await running.outcome, round)
  })
  succeeded(await lab.study(subject, own, { under: asUser }).outcome)
  await sameStudy(own, whole)
}

/** Removes files while a run is trained: the run is not reported as done without them. */
const removed: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  const running = lab.train(subject, run)
  await running.said
  await Promise.race([running.outcome, setTimeout(draw.below(draw.of([50, 400])))])
  const name = draw.of(['', '', 'checkpoints', 'events.jsonl', 'run.json'])
  const wasDone = existsSync(join(run, 'model.safetensors'))
  // Renamed first, as more is written into it meanwhile.
  const gone = join(folder, 'gone')
  if (existsSync(join(run, name))) renameSync(join(run, name), gone)
  rmSync(gone, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 })
  const outcome = await running.outcome
  sufferedFault(outcome, round)
  if (outcome.code !== 0 || wasDone) {
    rmSync(run, { recursive: true, force: true })
    await lab.trained(subject, run)
  }
  sameRun(run, whole)
}

/** A folder on a read-only disk: whatever reads it works, and whatever writes says why it cannot. */
const readOnly: Attack['round'] = async ({ lab, draw, folder, tried }: Round) => {
  const [subject, study] = [draw.of(inMemory), draw.of(studies)]
  const [whole, wholeStudy] = await Promise.all([lab.undisturbed(subject), lab.undisturbed(study)])
  const isStudy = draw.chance(0.4)
  const at = mountReadOnly(isStudy ? wholeStudy : whole, join(folder, 'read-only'))
  try {
    const readers = [
      ['eval', at, '--json'],
      ['csv', at],
      ['doctor', at, '--json'],
    ]
    const run = ['train', lab.fileOf(subject), '--out', join(at, 'new')]
    const svg = ['schedule', 'cosine 0.1 to 0', '--steps', '9', '--svg', join(at, 'a.svg')]
    const writers = isStudy
      ? [['study', lab.fileOf(study), '--out', at], run, svg]
      : [
          ['export', at, join(at, 'model.onnx')],
          ['train', lab.fileOf(subject), '--out', at, '--resume', '--set', 'epochs=500'],
          run,
          svg,
        ]
    const isWriter = isStudy || draw.chance(0.7)
    const outcome = await lab.evenstep(draw.of(isWriter ? writers : readers))
    tried()
    if (isWriter) refused(outcome, [4])
    else succeeded(outcome)
    orderly(outcome)
  } finally {
    unmount(at)
  }
}

const denied = (name: string, round: Attack['round'], lacking: () => string | undefined): Attack => ({
  name,
  group: 'faults',
  lacking,
  round,
})

export const permissions: readonly Attack[] = [
  denied('unreadable-file', unreadable, cannotChangeUser),
  denied('locked-folder', locked, cannotChangeUser),
  denied('locked-study', lockedStudy, cannotChangeUser),
  denied('removed-while-training', removed, () => undefined),
  denied('read-only-disk', readOnly, cannotMount),
]
