import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure } from './attack.ts'
import { childrenOf, type Outcome } from './command.ts'
import type { Lab } from './lab.ts'
import { orderly, sameStudy, succeeded } from './same.ts'
import { type Subject, studies } from './subjects.ts'

/** What is killed: the study's own process, one of its workers, or all; or what is asked to end. */
export type Victim = 'parent' | 'worker' | 'group' | 'SIGTERM' | 'SIGINT'

export interface KillStudyOptions {
  /** One for each kill; after them the study is left to end. */
  readonly victims: readonly Victim[]
  /** Called after each kill. */
  readonly tried: (victim: Victim) => void
  /** Called with the output of each process of the study. */
  readonly told?: (out: string) => void
}

/**
 * Runs a study in a folder, killed again and again.
 *
 * @throws {Failure} unless its results are those of one that was never killed.
 */
export async function killStudy(
  lab: Lab,
  subject: Subject,
  folder: string,
  draw: Draw,
  { victims, tried, told = () => {} }: KillStudyOptions,
): Promise<void> {
  const whole = await lab.undisturbed(subject)
  for (const victim of victims) {
    const { outcome, hit } = await killedOnce(lab, subject, folder, draw, victim)
    told(outcome.out)
    if (hit) tried(victim)
    if (!hit || outcome.code === 0) {
      succeeded(outcome)
      break
    }
    ended(outcome, victim)
  }
  const last = succeeded(await lab.study(subject, folder).outcome)
  told(last.out)
  await sameStudy(folder, whole)
}

/** Runs the study until something of it is killed, or to the end. A study survives the end of a worker. */
async function killedOnce(
  lab: Lab,
  subject: Subject,
  folder: string,
  draw: Draw,
  victim: Victim,
): Promise<{ readonly outcome: Outcome; readonly hit: boolean }> {
  const running = lab.study(subject, folder)
  let isOver = false
  const over = running.outcome.then(() => {
    isOver = true
  })
  // Workers need about a second to start.
  await Promise.race([over, setTimeout(draw.below(draw.of([400, 3000])))])
  if (victim === 'worker') {
    while (!isOver && childrenOf(running.pid).length === 0) await setTimeout(5)
    if (!isOver) await setTimeout(draw.below(300))
    const workers = childrenOf(running.pid)
    const hit = workers.length > 0
    if (hit) process.kill(draw.of(workers), 'SIGKILL')
    return { outcome: await running.outcome, hit }
  }
  const hit = !isOver
  if (victim === 'group') running.kill('SIGKILL', 'group')
  else running.kill(victim === 'parent' ? 'SIGKILL' : victim)
  return { outcome: await running.outcome, hit }
}

/** @throws {Failure} unless a study ended as its victim must. */
function ended(outcome: Outcome, victim: Victim): void {
  const codes: readonly unknown[] = { SIGTERM: [143], SIGINT: [130], parent: [], group: [], worker: [] }[
    victim
  ]
  const signals = {
    SIGTERM: ['SIGTERM'],
    SIGINT: ['SIGINT'],
    parent: ['SIGKILL'],
    group: ['SIGKILL'],
    worker: [],
  }[victim] as NodeJS.Signals[]
  orderly(outcome, signals)
  if (outcome.signal === null && !codes.includes(outcome.code)) {
    throw new Failure(
      `${outcome.command}: wanted an end by ${victim}, got code ${outcome.code}\n${outcome.err}`,
    )
  }
}

const killsOf = (victims: readonly Victim[]): Attack['round'] => {
  return ({ lab, draw, folder, limit, tried }) =>
    killStudy(lab, draw.of(studies), join(folder, 'study'), draw, {
      victims: draw.list(Math.min(limit, 3 + draw.below(4)), () => draw.of(victims)),
      tried,
    })
}

export const killsOfStudies: readonly Attack[] = [
  {
    name: 'kill-study',
    group: 'study-kills',
    round: killsOf(['parent', 'group', 'SIGTERM', 'SIGINT']),
  },
  {
    name: 'kill-worker',
    group: 'study-kills',
    lacking: () => (process.platform === 'linux' ? undefined : 'only Linux tells the workers of a study'),
    round: killsOf(['worker', 'parent', 'worker', 'group']),
  },
]
