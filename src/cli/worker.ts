import type { ChildProcess } from 'node:child_process'
import { availableParallelism, hostname } from 'node:os'
import { Command, Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import type { TrialProcess } from '../study/shared/admission.ts'
import type { WorkerEvent } from '../study/shared/take-trials.ts'
import type { TrialQueue } from '../study/shared/trial-queue.ts'
import { positiveInteger, positiveNumber, timeLimitOption } from './arguments.ts'
import { signals } from './interrupt.ts'
import { type Output, printNote, terminal } from './output.ts'
import { startWorker } from './run-trials.ts'
import { version } from './version.ts'

interface Options {
  readonly database: string
  readonly concurrency?: number
  readonly trust: readonly string[]
  readonly study?: string
  readonly idleLimit?: number
  readonly timeLimit?: number
  readonly lease: number
}

/** Makes the option `--database URL`, of a study and of its workers. */
export const databaseOption = (): Option =>
  new Option('--database <url>', 'PostgreSQL database, such as postgres://user@host/database')

/** `evenstep worker`: runs trials of studies in a PostgreSQL database. */
export const workerCommand = (output: Output = terminal()): Command =>
  new Command('worker')
    .description('run trials of the studies that a PostgreSQL database holds')
    .argument('[files...]', 'your own copies of the studies or experiments, whose code may run')
    .addOption(databaseOption().makeOptionMandatory())
    .option('--concurrency <n>', 'trials at a time (default: the number of cores)', positiveInteger)
    .addOption(
      new Option(
        '--trust <key>',
        'run the code that the database holds for the study of this key; repeatable',
      )
        .argParser((key: string, before: readonly string[]) => [...before, key])
        .default([], 'none'),
    )
    .option('--study <name>', 'run trials of this study only')
    .option(
      '--idle-limit <seconds>',
      'end after so many seconds without a trial (default: never)',
      positiveNumber,
    )
    .addOption(timeLimitOption())
    .addOption(
      new Option(
        '--lease <seconds>',
        'let others take a trial of this worker so long after its last sign of life',
      )
        .argParser(positiveNumber)
        .default(30),
    )
    .action((files: readonly string[], options: Options) => work(files, options, output))

async function work(files: readonly string[], options: Options, output: Output): Promise<void> {
  const { database, concurrency = availableParallelism(), lease, study } = options
  // Imported late, so that --help, which imports all commands, does without the native database.
  const { Connection } = await import('../study/shared/connection.ts')
  const { TrialQueue } = await import('../study/shared/trial-queue.ts')
  const { takeTrials } = await import('../study/shared/take-trials.ts')
  const { makeWorkerFolder } = await import('../study/shared/worker-folder.ts')
  const connection = await Connection.open(database)
  const queue = new TrialQueue(connection, `${hostname()}:${process.pid}`, lease)
  const folder = makeWorkerFolder()
  const interrupt = signals.begin()
  connection.endWith(interrupt.signal)
  try {
    if (study !== undefined) await checkStudy(queue, study, connection.shown)
    output.write(`${connection.shown} · ${concurrency} at a time\n`)
    await takeTrials(queue, {
      ...{ concurrency, folder: folder.path, ...(study !== undefined && { study }) },
      idleLimit: options.idleLimit ?? Number.POSITIVE_INFINITY,
      renewal: (1e3 * lease) / 3,
      signal: interrupt.signal,
      terms: { evenstep: version, trust: options.trust, files, timeLimit: timeLimitOf(options), start },
      event: (event) => show(event, output),
    })
  } finally {
    interrupt.stop()
    await connection.close()
    folder.remove()
  }
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode
}

const timeLimitOf = ({ timeLimit = Number.POSITIVE_INFINITY }: Options): number => timeLimit

const start = ({ file, lock, settings, expected }: TrialProcess): ChildProcess =>
  startWorker(file, lock, settings, expected)

/** @throws {ArgumentError} when the database has no study of this name. */
async function checkStudy(queue: TrialQueue, study: string, shown: string): Promise<void> {
  const names = await queue.names()
  if (names.includes(study)) return
  const got = names.length === 0 ? 'none' : names.join(', ')
  throw new ArgumentError(`${shown}: wanted the study ${study}, got ${got}; check --study`)
}

function show(event: WorkerEvent, output: Output): void {
  if (event.type === 'note') {
    printNote(event.message)
    return
  }
  const { study, id, result, counted } = event
  const late = counted ? '' : ', too late: another worker has taken it'
  output.write(`study ${study}: trial ${id} ${result.status} in ${result.time.total.toFixed(1)} s${late}\n`)
}
