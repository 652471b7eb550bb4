import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { evenstepCommand } from '../core/shell.ts'
import type { Finished, WinnerTest } from '../study/analysis/findings.ts'
import { winnerOf } from '../study/analysis/tested.ts'
import { NoneDoneError } from '../study/none-done.ts'
import { factsOf, overrideForStudy, type Prepared, prepare } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import { looksOf } from '../study/seeds.ts'
import type { Connection } from '../study/shared/connection.ts'
import { withSettings } from '../train/spec.ts'
import { testDataOf } from '../train/test-part.ts'
import { positiveInteger, priority, setOption, timeLimitOption } from './arguments.ts'
import { signals } from './interrupt.ts'
import { loadStudy } from './load.ts'
import { jsonLine, type Output, printNote, terminal } from './output.ts'
import { startWorker } from './run-trials.ts'
import { checkShared, sharedEvents } from './shared-events.ts'
import { StudyReport } from './study-report.ts'
import { versions } from './version.ts'
import { databaseOption } from './worker.ts'

interface Options {
  readonly set: readonly string[]
  readonly out?: string
  readonly workers?: number
  readonly retryFailed?: true
  readonly timeLimit?: number
  readonly test?: true
  readonly json?: true
  readonly database?: string
  readonly priority?: number
  readonly models?: true
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
    .addOption(databaseOption())
    .option(
      '--priority <n>',
      'with --database: its trials come before those of lower priority (default: 0)',
      priority,
    )
    .option('--models', 'with --database: workers send the files of models, too')
    .action((file: string, options: Options) => study(file, options, output))

async function study(file: string, options: Options, output: Output): Promise<void> {
  checkShared(options)
  const { study, experiment, origin } = await loadStudy(file)
  if (options.test) testDataOf('study', experiment)
  const prepared = prepare(study, overrideForStudy(study, experiment, options.set), study.name!)
  const { set, out, json, test } = options
  const { out: folder = join('runs', prepared.name) } = options
  const place = await placeOf(options.database)
  const command = evenstepCommand('study', file, set, { ...databaseFlags(options, place), out, test })
  const report = json
    ? undefined
    : new StudyReport(output, prepared, folder, place?.shown ?? workersOf(options))
  const interrupt = signals.begin()
  const { signal } = interrupt
  place?.endWith(signal)
  try {
    const events = place
      ? sharedEvents(prepared, place, file, origin, { ...options, folder, signal })
      : await ownEvents(prepared, file, { ...options, folder, signal })
    for await (const event of events) {
      if (report) report.event(event)
      else if (event.type !== 'begin') output.write(jsonLine(shortened(event)))
      if (event.type === 'end') {
        await end(event.finished, prepared, { folder, command, options, output, report, signal })
      }
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
  } finally {
    interrupt.stop()
    report?.close()
    await place?.close()
  }
  if (interrupt.exitCode === undefined) return
  process.exitCode = interrupt.exitCode
  const kept = place
    ? `workers finish its trials; results are in ${place.shown}`
    : `finished trials are in ${folder}`
  printNote(`stopped; ${kept}; resume with ${command}`)
}

/** Connects to the database of a shared study; undefined without one. */
async function placeOf(database: string | undefined): Promise<Connection | undefined> {
  if (database === undefined) return undefined
  const { Connection } = await import('../study/shared/connection.ts')
  return Connection.open(database)
}

/** Options to repeat a command with, without the password of the database. */
const databaseFlags = ({ priority, models }: Options, place: Connection | undefined) =>
  place ? { database: place.shown, priority, models } : {}

const workersOf = ({ workers = availableParallelism() }: Options): number => workers

/** Runs a study's trials in processes of this machine. */
async function ownEvents(
  prepared: Prepared,
  file: string,
  options: Options & { readonly folder: string; readonly signal: AbortSignal },
): Promise<AsyncGenerator<StudyEvent>> {
  // Imported late, so that --help, which imports all commands, does without the native database and the report.
  const { runStudy } = await import('../study/run/run-study.ts')
  const { workersLock } = await import('../study/run/lock.ts')
  const { set, folder, signal, retryFailed, timeLimit = Number.POSITIVE_INFINITY } = options
  const start = (): ChildProcess => startWorker(file, workersLock(folder), set)
  const running = { folder, workers: workersOf(options), start, signal, timeLimit }
  return runStudy(prepared, { ...running, retryFailed: retryFailed === true })
}

interface Ending {
  readonly folder: string
  readonly command: string
  readonly options: Options
  readonly output: Output
  readonly report: StudyReport | undefined
  readonly signal: AbortSignal
}

/** Measures the winner if asked to, analyses the finished trials, and writes and prints the findings. */
async function end(finished: readonly Finished[], prepared: Prepared, ending: Ending): Promise<void> {
  const { folder, command, options, output, report, signal } = ending
  const { finish, written } = await import('../study/run/finish.ts')
  const test = options.test && (await testOf(prepared, finished, folder, signal))
  if (options.json && test) output.write(jsonLine({ type: 'test', ...test }))
  const findings = await finish(folder, factsOf(prepared, finished, { command, versions }), finished)
  const kept = [...written, ...(options.database === undefined ? ['study.db'] : []), 'trials']
  report?.findings(findings, kept)
  checkDone(finished)
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
function shortened(event: Exclude<StudyEvent, { readonly type: 'begin' }>): object {
  if (event.type !== 'trial') return { ...event, finished: event.finished.length }
  const { curve, layers, ...result } = event.finished.result
  return { ...event, finished: { ...event.finished, result } }
}
