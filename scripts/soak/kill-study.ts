import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure } from './attack.ts'
import { childrenOf, type Outcome, type Running } from './command.ts'
import type { Lab } from './lab.ts'
import { orderly, sameStudy, succeeded } from './same.ts'
import { type Subject, studies } from './subjects.ts'

/** What is killed: the study's own process, one of its workers, or all; or what is asked to end. */
export type Victim = 'parent' | 'worker' | 'group' | 'SIGTERM' | 'SIGINT'

export interface KillStudyOptions {
  /** What is killed, one after another, in each process of the study; after the last the study is left to end. */
  readonly lives: readonly (readonly Victim[])[]
  /** Most milliseconds from one kill to the next. */
  readonly pause: number
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
  options: KillStudyOptions,
): Promise<void> {
  const whole = await lab.undisturbed(subject)
  const { lives, told = () => {} } = options
  for (const victims of lives) {
    const outcome = await killedOnce(lab.study(subject, folder), draw, victims, options)
    told(outcome.out)
    if (outcome.code === 0) succeeded(outcome)
    else ended(outcome, victims.at(-1)!)
  }
  const last = succeeded(await lab.study(subject, folder).outcome)
  told(last.out)
  await sameStudy(folder, whole)
}

/** Waits until a study has ended, after killing the victims one after another. It survives the end of a worker. */
async function killedOnce(
  running: Running,
  draw: Draw,
  victims: readonly Victim[],
  { pause, tried }: KillStudyOptions,
): Promise<Outcome> {
  let isOver = false
  const over = running.outcome.then(() => {
    isOver = true
  })
  if (draw.chance(0.8)) await running.said
  for (const victim of victims) {
    await Promise.race([over, setTimeout(draw.below(pause))])
    const workers = (): number[] => childrenOf(running.pid)
    while (victim === 'worker' && !isOver && workers().length === 0) await setTimeout(5)
    if (isOver) break
    if (victim === 'worker') process.kill(draw.of(workers()), 'SIGKILL')
    else if (victim === 'group') running.kill('SIGKILL', 'group')
    else running.kill(victim === 'parent' ? 'SIGKILL' : victim)
    tried(victim)
  }
  return running.outcome
}

/** @throws {Failure} unless a study ended as its victim must. */
function ended(outcome: Outcome, victim: Victim): void {
  const asked = victim === 'SIGTERM' || victim === 'SIGINT'
  const codes: readonly unknown[] = asked ? [{ SIGTERM: 143, SIGINT: 130 }[victim]] : []
  const signals = [asked ? victim : ('SIGKILL' as const)]
  orderly(outcome, signals)
  if (outcome.signal === null && !codes.includes(outcome.code)) {
    throw new Failure(
      `${outcome.command}: wanted an end by ${victim}, got code ${outcome.code}\n${outcome.err}`,
    )
  }
}

const killsOf = (lives: readonly (readonly Victim[])[]): Attack['round'] => {
  return ({ lab, draw, folder, limit, tried }) =>
    killStudy(lab, draw.of(studies), join(folder, 'study'), draw, {
      lives: draw.list(Math.min(limit, 2 + draw.below(4)), () => draw.of(lives)),
      pause: draw.of([100, 500, 2000]),
      tried,
    })
}

export const killsOfStudies: readonly Attack[] = [
  {
    name: 'kill-study',
    group: 'study-kills',
    round: killsOf([['parent'], ['group'], ['SIGTERM'], ['SIGINT']]),
  },
  {
    name: 'kill-worker',
    group: 'study-kills',
    lacking: () => (process.platform === 'linux' ? undefined : 'only Linux tells the workers of a study'),
    round: killsOf([['worker', 'parent'], ['worker', 'group'], ['worker']]),
  },
]
