import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Finished, WinnerTest } from '../study/analysis/findings.ts'
import { winnerOf } from '../study/analysis/tested.ts'
import { NoneDoneError } from '../study/none-done.ts'
import { factsOf, overrideForStudy, type Prepared, prepare } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import { looksOf } from '../study/seeds.ts'
import { withSettings } from '../train/spec.ts'
import { testDataOf } from '../train/test-part.ts'
import { positiveInteger, setOption, timeLimitOption } from './arguments.ts'
import { signals } from './interrupt.ts'
import { loadStudy } from './load.ts'
import { jsonLine, type Output, printNote, terminal } from './output.ts'
import { evenstepCommand } from './shell.ts'
import { StudyReport } from './study-report.ts'
import { versions } from './version.ts'
import { startWorker } from './run-trials.ts'

interface Options {
  readonly set: readonly string[]
  readonly out?: string
  readonly workers?: number
  readonly retryFailed?: true
  readonly timeLimit?: number
  readonly test?: true
  readonly json?: true
}

/** `evenstep study FILE`: runs a study's trials, or resumes them, and then analyses their results. */
export const studyCommand = (output: Output = terminal()): Command =>
  new Command('study')
    .description('run or resume the study in FILE (TypeScript, JavaScript or JSON)')
    .argument('<file>', 'file of the study')
    .addOption(setOption())
    .option('--out <dir>', 'folder of the study (default: runs/NAME)')
    .option('--workers <n>', 'trials at a time (default: the number of cores)', positiveInteger)
    .option('--retry-failed', 'run trials that failed again')
    .addOption(timeLimitOption())
    .option('--test', "measure the winner's model once on the test data, which nothing chose on")
    .option('--json', 'print events as JSON lines')
    .action((file: string, options: Options) => study(file, options, output))

async function study(file: string, options: Options, output: Output): Promise<void> {
  const { study, experiment } = await loadStudy(file)
  if (options.test) testDataOf('study', experiment)
  const prepared = prepare(study, overrideForStudy(study, experiment, options.set), study.name!)
  // Imported late, so that --help, which imports all commands, does without the native database and the report.
  const { runStudy } = await import('../study/run/run-study.ts')
  const { workersLock } = await import('../study/run/lock.ts')
  const { finish, written } = await import('../study/run/finish.ts')
  const { set, out, json, retryFailed, timeLimit = Number.POSITIVE_INFINITY } = options
  const { out: folder = join('runs', prepared.name), workers = availableParallelism() } = options
  const command = evenstepCommand('study', file, set, { out, test: options.test })
  const start = (): ChildProcess => startWorker(file, workersLock(folder), set)
  const report = json ? undefined : new StudyReport(output, prepared, folder, workers)
  const interrupt = signals.begin()
  const { signal } = interrupt
  try {
    const running = { folder, workers, start, signal, retryFailed: retryFailed === true, timeLimit }
    for await (const event of runStudy(prepared, running)) {
      if (report) report.event(event)
      else output.write(jsonLine(shortened(event)))
      if (event.type !== 'end') continue
      const test = options.test && (await testOf(prepared, event.finished, folder, signal))
      if (json && test) output.write(jsonLine({ type: 'test', ...test }))
      const facts = factsOf(prepared, event.finished, { command, versions })
      const findings = await finish(folder, facts, event.finished)
      report?.findings(findings, written)
      checkDone(event.finished)
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
  } finally {
    interrupt.stop()
    report?.close()
  }
  if (interrupt.exitCode === undefined) return
  process.exitCode = interrupt.exitCode
  printNote(`stopped; finished trials are in ${folder}; resume with ${command}`)
}

/** Measures the study's winner on the test data; undefined if no settings can be recommended. */
async function testOf(
  { experiment, metric, settingsOf, study }: Prepared,
  finished: readonly Finished[],
  folder: string,
  signal: AbortSignal,
): Promise<WinnerTest | undefined> {
  const winner = winnerOf(finished, metric, looksOf(study.seeds))
  if (winner === undefined) return undefined
  const { testWinner } = await import('../study/run/winner-test.ts')
  return (await testWinner(folder, withSettings(experiment, settingsOf(winner)), winner, signal)).test
}

/** @throws {NoneDoneError} when no trial is done. */
function checkDone(finished: readonly Finished[]): void {
  const results = finished.map(({ result }) => result)
  if (results.every(({ status }) => status !== 'done')) throw new NoneDoneError('study', results)
}

/** Returns an event as `--json` prints it: without curves, and with the number of trials, not their list. */
function shortened(event: StudyEvent): object {
  if (event.type !== 'trial') return { ...event, finished: event.finished.length }
  const { curve, layers, ...result } = event.finished.result
  return { ...event, finished: { ...event.finished, result } }
}
