import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { prepare, subjectOf, withSettings } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import { onInterrupt } from './interrupt.ts'
import { loadStudy } from './load.ts'
import { shellCommand } from './shell.ts'
import { StudyReport } from './study-report.ts'
import { version } from './version.ts'
import { startWorker } from './worker.ts'

interface Options {
  readonly set: readonly string[]
  readonly out?: string
  readonly workers?: number
  readonly json?: true
}

/** `evenstep study FILE`: runs every trial of a study, and says what they say together. */
export function studyCommand(): Command {
  return new Command('study')
    .description('run the study in FILE (TypeScript, JavaScript or JSON), or go on with it')
    .argument('<file>', 'the study')
    .option('--set <path=value>', 'change a setting of its experiment, such as batchSize=128', collect, [])
    .option('--out <dir>', 'the folder of the study; runs/NAME unless given')
    .option('--workers <n>', 'trials at a time; as many as there are cores unless given', positive)
    .option('--json', 'print events as JSON lines')
    .action(study)
}

const collect = (setting: string, before: readonly string[]): readonly string[] => [...before, setting]

function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`wanted an integer ≥ 1, got ${text}`)
  return Number(text)
}

async function study(file: string, options: Options): Promise<void> {
  const { study, experiment } = await loadStudy(file)
  const prepared = prepare(study, withSettings(study, experiment, options.set), study.name!)
  // Its database is native, and its report heavy: other commands must start without them, and as fast.
  const { runStudy } = await import('../study/run/run-study.ts')
  const { workersLock } = await import('../study/run/folder-lock.ts')
  const { finish, written } = await import('../study/run/finish.ts')
  const { out: folder = join('runs', prepared.name), workers = availableParallelism() } = options
  const command = commandOf(file, options)
  const start = (): ChildProcess => startWorker(file, workersLock(folder), options.set)
  const interrupt = onInterrupt()
  const report = new StudyReport(prepared, folder, workers)
  try {
    for await (const event of runStudy(prepared, { folder, workers, start, signal: interrupt.signal })) {
      if (options.json) process.stdout.write(`${JSON.stringify(lineOf(event))}\n`)
      else report.event(event)
      if (event.type !== 'end') continue
      const versions = { evenstep: version, node: process.versions.node }
      const subject = subjectOf(prepared, event.finished, { command, versions })
      const findings = await finish(folder, subject, event.finished)
      if (!options.json) report.findings(findings, written)
    }
  } finally {
    interrupt.stop()
    if (!options.json) report.close()
  }
  if (!interrupt.signal.aborted) return
  process.exitCode = 130
  process.stderr.write(`stopped; trials that are over are in ${folder}; go on with ${command}\n`)
}

/** An event as a line of JSON: of trials, what came out, without curves. */
function lineOf(event: StudyEvent): object {
  if (event.type !== 'trial') return { ...event, finished: event.finished.length }
  const { curve, layers, ...result } = event.finished.result
  return { ...event, finished: { ...event.finished, result } }
}

/** What to type for this study. */
const commandOf = (file: string, { set, out }: Options): string =>
  shellCommand([
    ...['npx', 'evenstep', 'study', file],
    ...set.flatMap((setting) => ['--set', setting]),
    ...(out === undefined ? [] : ['--out', out]),
  ])
