import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Attack, Failure, type Round } from './attack.ts'
import type { Outcome } from './command.ts'
import { hasEnded } from './lab.ts'
import { orderly, refused, sameRun, sameStudy, succeeded } from './same.ts'
import { experiments, studies } from './subjects.ts'

/**
 * Checks that of commands on one folder at least one succeeded, and that each of the others was refused.
 *
 * @param oneOnly whether a second one may not succeed, even after the first
 */
function shared(outcomes: readonly Outcome[], { tried, also }: Round, oneOnly: boolean): void {
  const done = outcomes.filter(({ code }) => code === 0)
  for (const outcome of outcomes) {
    tried()
    if (outcome.code === 0) also(() => succeeded(outcome))
    else if (!hasEnded(outcome)) also(() => refused(outcome, [2, 4]))
  }
  const isRight = oneOnly ? done.length === 1 : done.length >= 1
  also(() => {
    if (!isRight) throw new Failure(`${outcomes[0]!.command}: wanted one to succeed, got ${done.length}`)
  })
}

/** Starts several commands within a moment. */
const together = ({ draw }: Round, count: number, begin: () => Promise<Outcome>): Promise<Outcome[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      await setTimeout(draw.below(draw.of([1, 50, 500])))
      return begin()
    }),
  )

/** Several commands that resume one run. */
const resumes: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  const first = lab.train(subject, run)
  await first.said
  await setTimeout(draw.below(300))
  first.kill()
  if ((await first.outcome).code === 0) return sameRun(run, whole)
  const outcomes = await together(round, 2 + draw.below(2), () => lab.train(subject, run).outcome)
  shared(outcomes, round, false)
  sameRun(run, whole)
}

/** Several commands that begin a run in one folder. */
const beginnings: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  const args = ['train', lab.fileOf(subject), '--out', run]
  shared(await together(round, 4, () => lab.evenstep(args)), round, true)
  sameRun(run, whole)
}

/** Several commands that begin a run, each in the next free folder. */
const newRuns: Attack['round'] = async (round) => {
  const { lab, draw, folder, tried, also } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const outcomes = await together(round, 4, () =>
    lab.evenstep(['train', lab.fileOf(subject)], { cwd: folder }),
  )
  for (const outcome of outcomes) {
    tried()
    also(() => succeeded(outcome))
  }
  const runs = readdirSync(join(folder, 'runs'))
  if (runs.length !== outcomes.length)
    throw new Failure(`runs: wanted ${outcomes.length}, got ${runs.join(', ')}`)
  for (const run of runs) sameRun(join(folder, 'runs', run), whole)
}

const sameStudies: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const own = join(folder, 'study')
  shared(await together(round, 2, () => lab.study(subject, own).outcome), round, false)
  await sameStudy(own, whole)
}

/** Commands that read a run while it is trained. */
const readers: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  const running = lab.train(subject, run)
  let isOver = false
  const over = running.outcome.then(() => {
    isOver = true
  })
  const read = async (): Promise<void> => {
    while (!isOver) {
      await Promise.race([over, setTimeout(draw.below(200))])
      const outcome = await lab.evenstep(draw.of(readersOf(run, folder)))
      tried()
      also(() => (outcome.code === 0 ? orderly(outcome) : refused(outcome, [2, 4])))
    }
  }
  await Promise.all([read(), read()])
  succeeded(await running.outcome)
  sameRun(run, whole)
}

function readersOf(run: string, folder: string): string[][] {
  const checkpoints = join(run, 'checkpoints')
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : []
  const checkpoint = join(checkpoints, names.at(-1) ?? 'step-00000020')
  return [
    ['csv', run],
    ['csv', run, '--every', 'step'],
    ['eval', run, '--best'],
    ['eval', checkpoint],
    ['doctor', run, '--only', 'D8'],
    ['export', run, join(folder, 'model.onnx'), '--best'],
  ]
}

const concurrent = (name: string, round: Attack['round']): Attack => ({ name, group: 'concurrent', round })

export const concurrentCommands: readonly Attack[] = [
  concurrent('resumed-twice', resumes),
  concurrent('begun-at-once', beginnings),
  concurrent('new-runs-at-once', newRuns),
  concurrent('same-study-twice', sameStudies),
  concurrent('read-while-training', readers),
]
