import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import type { Attack, Round } from './attack.ts'
import { childrenOf, type Outcome, type Running } from './command.ts'
import { sufferedFault } from './full-disk.ts'
import { orderly, sameRun, sameStudy, succeeded } from './same.ts'
import { experiments, studies } from './subjects.ts'

/** Limits the open files or the size of files of a process that runs. */
function limit(pid: number, draw: Draw): void {
  try {
    const open = readdirSync(`/proc/${pid}/fd`).length
    const files = `--nofile=${open + draw.below(3)}`
    execFileSync('prlimit', [
      '--pid',
      `${pid}`,
      draw.chance(0.5) ? files : `--fsize=${draw.below(draw.of([5000, 300_000]))}`,
    ])
  } catch {
    // it has ended meanwhile
  }
}

/** Checks that a command succeeded, said what failed, or was ended by the system for a file too long. */
function limited(outcome: Outcome, round: Round): void {
  if (outcome.signal === null) sufferedFault(outcome, round)
  else {
    round.tried()
    round.also(() => orderly(outcome, ['SIGXFSZ']))
  }
}

async function limitMeanwhile(running: Running, draw: Draw, pid: () => number): Promise<Outcome> {
  await running.said // before, Node.js itself fails
  await Promise.race([running.outcome, setTimeout(draw.below(draw.of([50, 500, 1500])))])
  limit(pid(), draw)
  return running.outcome
}

const training: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  const running = lab.train(subject, run)
  limited(await limitMeanwhile(running, draw, () => running.pid), round)
  await lab.trained(subject, run)
  sameRun(run, whole)
}

const study: Attack['round'] = async (round) => {
  const { lab, draw, folder } = round
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const own = join(folder, 'study')
  const running = lab.study(subject, own)
  const victim = (): number => draw.of([running.pid, ...childrenOf(running.pid)])
  limited(await limitMeanwhile(running, draw, victim), round)
  succeeded(await lab.study(subject, own).outcome)
  await sameStudy(own, whole)
}

const lacking = (): string | undefined =>
  spawnSync('prlimit', ['--pid', `${process.pid}`]).status === 0 ? undefined : 'there is no prlimit'

export const limits: readonly Attack[] = [
  { name: 'limits-training', group: 'faults', lacking, round: training },
  { name: 'limits-study', group: 'faults', lacking, round: study },
]
