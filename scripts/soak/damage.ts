import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure } from './attack.ts'
import type { Outcome } from './command.ts'
import { hasEnded, type Lab } from './lab.ts'
import { refused, resultsOf, sameText, succeeded } from './same.ts'
import { experiments, inMemory, type Subject, studies } from './subjects.ts'

/** Damages a file. @returns what was done, for messages */
function damage(path: string, draw: Draw): string {
  const bytes = readFileSync(path)
  const at = draw.below(bytes.length)
  const ways: Readonly<Record<string, () => void>> = {
    'a flipped bit': () => {
      bytes[at]! ^= 1 << draw.below(8)
      writeFileSync(path, bytes)
    },
    'zeroed bytes': () =>
      writeFileSync(path, bytes.fill(0, at, Math.min(bytes.length, at + 1 + draw.below(4096)))),
    'a cut end': () => truncateSync(path, at),
    'no bytes': () => truncateSync(path, 0),
    'more bytes': () => writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(1 + draw.below(64), at)])),
    'random bytes': () => writeFileSync(path, Buffer.from(draw.list(bytes.length, () => draw.below(256)))),
    'a folder in its place': () => {
      rmSync(path)
      mkdirSync(path)
    },
    'no file': () => rmSync(path),
  }
  const way = draw.of(
    bytes.length === 0 ? ['more bytes', 'no file'] : [...Object.keys(ways), 'a flipped bit', 'a flipped bit'],
  )
  ways[way]!()
  return way
}

/** Damages a file in a folder. @returns its path in the folder, and what was done to it */
function damageIn(folder: string, draw: Draw): { readonly name: string; readonly told: string } {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  )
  // As often the few files on top as the many in folders.
  const top = all.filter((name) => !name.includes('/'))
  const name = draw.of(draw.chance(0.5) ? top : all)
  return { name, told: `${name} with ${damage(join(folder, name), draw)}` }
}

/**
 * Checks that a command on damaged files is refused, or prints what it prints without the damage.
 *
 * @param mayDiffer whether the command prints text of the damaged file, which has no checksum
 */
function sameOrRefused(told: string, outcome: Outcome, before: Outcome, mayDiffer: boolean): void {
  try {
    if (outcome.code !== 0) refused(outcome, [2, 4])
    else if (!mayDiffer) sameText('stdout', outcome.out, before.out)
  } catch (error) {
    throw error instanceof Failure ? new Failure(`${told}: ${error.message}`) : error
  }
}

/** Commands that read a finished run. */
const readersOf = (run: string, folder: string): string[][] => [
  ['eval', run, '--json'],
  ['eval', run, '--best', '--json'],
  ['csv', run],
  ['csv', run, '--every', 'step'],
  ['export', run, join(folder, 'model.onnx')],
  ['doctor', run, '--only', 'D1,D8,D9', '--json'],
]

const finishedRun: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  cpSync(whole, run, { recursive: true })
  // The doctor reads data many times, and takes no streams.
  const readers = readersOf(run, folder).filter(([name]) => name !== 'doctor' || inMemory.includes(subject))
  const args = draw.of(readers)
  const read = async (): Promise<Outcome> => {
    const outcome = await lab.evenstep(args)
    if (args[0] !== 'export' || outcome.code !== 0) return outcome
    return { ...outcome, out: readFileSync(join(folder, 'model.onnx'), 'latin1') }
  }
  const before = succeeded(await read())
  for (let n = 0; n < 3; n++) {
    rmSync(run, { recursive: true })
    cpSync(whole, run, { recursive: true })
    const { name, told } = damageIn(run, draw)
    const isLog = name === 'events.jsonl' && (args[0] === 'csv' || args[0] === 'doctor')
    tried()
    const after = await read()
    also(() => sameOrRefused(told, after, before, isLog))
  }
}

/** Trains until a random moment. @returns whether it was killed before its end */
async function interrupted(lab: Lab, subject: Subject, run: string, draw: Draw): Promise<boolean> {
  const running = lab.train(subject, run)
  await running.said
  await setTimeout(50 + draw.below(300))
  running.kill()
  return (await running.outcome).signal === 'SIGKILL'
}

const unfinishedRun: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(experiments)
  const whole = await lab.undisturbed(subject)
  const run = join(folder, 'run')
  if (!(await interrupted(lab, subject, run, draw))) return
  const { told } = damageIn(run, draw)
  tried()
  const outcome = await lab.train(subject, run).outcome
  if (hasEnded(outcome)) return
  also(() => {
    if (outcome.code !== 0) return refused(outcome, [2, 4])
    const model = (of: string): string => readFileSync(join(of, 'model.safetensors'), 'latin1')
    if (model(run) !== model(whole)) throw new Failure(`${told}: wanted the undisturbed model, got another`)
  })
}

const finishedStudy: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const own = join(folder, 'study')
  cpSync(whole, own, { recursive: true })
  const { told } = damageIn(own, draw)
  tried()
  const outcome = await lab.study(subject, own).outcome
  also(() => {
    if (outcome.code !== 0) return refused(outcome, [2, 4])
    sameText(told, JSON.stringify(resultsOf(own), null, 1), JSON.stringify(resultsOf(whole), null, 1))
  })
}

/** A study that was killed, one of whose trials is damaged. */
const unfinishedStudy: Attack['round'] = async ({ lab, draw, folder, tried, also }) => {
  const subject = draw.of(studies)
  const whole = await lab.undisturbed(subject)
  const own = join(folder, 'study')
  const running = lab.study(subject, own)
  await running.said
  await Promise.race([running.outcome, setTimeout(draw.below(2500))])
  running.kill('SIGKILL', 'group')
  if ((await running.outcome).signal === null) return
  const { told } = damageIn(own, draw)
  tried()
  const outcome = await lab.study(subject, own).outcome
  also(() => {
    if (outcome.code !== 0) return refused(outcome, [2, 4])
    sameText(told, JSON.stringify(resultsOf(own), null, 1), JSON.stringify(resultsOf(whole), null, 1))
  })
}

const damaged = (name: string, round: Attack['round']): Attack => ({ name, group: 'damage', round })

export const damagedFiles: readonly Attack[] = [
  damaged('damaged-run', finishedRun),
  damaged('damaged-unfinished-run', unfinishedRun),
  damaged('damaged-study', finishedStudy),
  damaged('damaged-unfinished-study', unfinishedStudy),
]
