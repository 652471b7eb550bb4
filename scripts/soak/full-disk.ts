import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure, type Round } from './attack.ts'
import type { Outcome, Running } from './command.ts'
import { cannotMount, enlarge, keepFull, mountDisk, unmount } from './mounts.ts'
import { refused, resultsOf, sameRun, sameStudy, sameText, succeeded } from './same.ts'
import { experiments, inMemory, studies } from './subjects.ts'

/** Exit code of a command that fails because of the machine. */
const machine = 4

/** Checks that a command succeeded, or said what failed; only that counts as tried. */
export function sufferedFault(outcome: Outcome, { tried, also }: Round): void {
  if (outcome.code === 0) return
  tried()
  also(() => refused(outcome, [machine]))
}

/** Runs `use` with a disk of 8 MB or, half of the time, one too small for what is kept or for its files. */
async function onDisk(
  { draw, folder }: Round,
  use: (disk: string, isSmall: boolean) => Promise<void>,
): Promise<void> {
  const isSmall = draw.chance(0.5)
  const small = draw.chance(0.8)
    ? `size=${4 * (1 + draw.below(draw.of([8, 40, 160])))}k`
    : `nr_inodes=${2 + draw.below(24)}`
  const disk = mountDisk(join(folder, 'disk'), isSmall ? small : 'size=8m')
  try {
    await use(disk, isSmall)
  } catch (error) {
    cpSync(disk, join(folder, 'kept'), { recursive: true }) // the disk is lost when it is unmounted
    throw error
  } finally {
    unmount(disk)
  }
}

/** Fills the disk at a random moment while a command runs. Makes room again when the command has ended. */
async function fillMeanwhile(running: Running, disk: string, draw: Draw): Promise<Outcome> {
  if (draw.chance(0.8)) await running.said
  await Promise.race([running.outcome, setTimeout(draw.below(draw.of([20, 200, 1000])))])
  const makeRoom = keepFull(disk)
  try {
    return await running.outcome
  } finally {
    makeRoom()
  }
}

const training: Attack['round'] = (round) =>
  onDisk(round, async (disk, isSmall) => {
    const { lab, draw } = round
    const subject = draw.of(experiments)
    const whole = await lab.undisturbed(subject)
    const run = join(disk, 'run')
    const running = lab.train(subject, run)
    sufferedFault(isSmall ? await running.outcome : await fillMeanwhile(running, disk, draw), round)
    enlarge(disk)
    await lab.trained(subject, run)
    sameRun(run, whole)
  })

const study: Attack['round'] = (round) =>
  onDisk(round, async (disk, isSmall) => {
    const { lab, draw } = round
    const subject = draw.of(studies)
    const whole = await lab.undisturbed(subject)
    const folder = join(disk, 'study')
    const running = lab.study(subject, folder)
    sufferedFault(isSmall ? await running.outcome : await fillMeanwhile(running, disk, draw), round)
    enlarge(disk)
    succeeded(await lab.study(subject, folder).outcome)
    await sameStudy(folder, whole)
  })

/** A command that writes a file: on a full disk it fails, and the file of an earlier command stays. */
const files: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(experiments)
  const run = await lab.undisturbed(subject)
  const disk = mountDisk(join(folder, 'disk'), 'size=1m')
  try {
    const path = join(disk, 'file')
    const args = draw.of([
      ['export', run, path],
      ['schedule', 'cosine 0.1 to 0', '--steps', '500', '--svg', path],
      ['find-lr', lab.fileOf(subject), '--steps', '60', '--svg', path],
    ])
    succeeded(await lab.evenstep(args))
    const whole = readFileSync(path, 'latin1')
    const before = 'shorter than what is written in its place'
    writeFileSync(path, before)
    const makeRoom = keepFull(disk)
    const outcome = await lab.evenstep(args)
    const after = existsSync(path) ? readFileSync(path, 'latin1') : undefined
    makeRoom()
    tried()
    also(() => refused(outcome, [machine]))
    if (after !== before)
      throw new Failure(`${outcome.command}: wanted the earlier file, got ${after?.length ?? 'no'} bytes`)
    succeeded(await lab.evenstep(args))
    sameText('the file', readFileSync(path, 'latin1'), whole)
  } finally {
    unmount(disk)
  }
}

const reports = ['results.json', 'findings.json', 'report.html', 'report.md', 'sources.bib']

/** A finished study that is analysed again on a full disk: each file of before stays, or is written whole. */
const report: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const disk = mountDisk(join(folder, 'disk'), 'size=24m')
  try {
    const own = join(disk, 'study')
    cpSync(whole, own, { recursive: true })
    const makeRoom = keepFull(disk)
    sufferedFault(await lab.study(subject, own).outcome, round)
    makeRoom()
    sameText('results.json', JSON.stringify(resultsOf(own)), JSON.stringify(resultsOf(whole)))
    for (const name of reports) {
      const [before, after] = [whole, own].map((folder) => readFileSync(join(folder, name), 'utf8').trimEnd())
      if (after!.slice(-8) !== before!.slice(-8))
        throw new Failure(`${name}: wanted the whole file, got a part`)
    }
    succeeded(await lab.study(subject, own).outcome)
    await sameStudy(own, whole)
  } finally {
    unmount(disk)
  }
}

const device = '/dev/full'

/** A command whose stdout is a file on a full disk. */
const stdout: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(inMemory)
  const run = await lab.undisturbed(subject)
  const own = join(folder, 'run')
  const isTraining = draw.chance(0.4)
  const args = isTraining
    ? ['train', lab.fileOf(subject), '--out', own, ...(draw.chance(0.5) ? ['--json'] : [])]
    : draw.of([
        ['csv', run],
        ['csv', run, '--every', 'step'],
        ['eval', run],
        ['eval', run, '--json'],
        ['doctor', run, '--json'],
        ['schedule', 'cosine 0.1 to 0', '--steps', '500', '--csv'],
        ['schedule', 'cosine 0.1 to 0', '--steps', '500'],
        ['export', run, join(folder, 'model.onnx')],
        ['find-lr', lab.fileOf(subject), '--steps', '60'],
      ])
  const outcome = await lab.evenstep(args, { stdout: device })
  tried()
  also(() => refused(outcome, [machine]))
  if (!isTraining) return
  await lab.trained(subject, own)
  sameRun(own, run)
}

const full = (name: string, round: Attack['round'], lacking = cannotMount): Attack => ({
  name,
  group: 'faults',
  lacking,
  round,
})

export const fullDisks: readonly Attack[] = [
  full('full-disk-training', training),
  full('full-disk-study', study),
  full('full-disk-file', files),
  full('full-disk-report', report),
  full('full-stdout', stdout, () => (existsSync(device) ? undefined : `there is no ${device}`)),
]
