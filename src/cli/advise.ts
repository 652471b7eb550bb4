import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import type { Advice } from '../study/advise/advice.ts'
import { advise } from '../study/advise/advise.ts'
import { planOf, wholeBudget } from '../study/advise/plan.ts'
import { pooled } from '../study/advise/pooled.ts'
import { identityOf } from '../study/run/identity.ts'
import { Pool } from '../study/run/pool.ts'
import { checkSameAdvice } from '../study/run/same-study.ts'
import { stepsWith } from '../study/trial-settings.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadWithOrigin } from '../train/experiment-file.ts'
import { override, parseJson } from '../train/spec.ts'
import { writeWhole } from '../train/whole-file.ts'
import { adviceReport } from './advice-report.ts'
import { positiveInteger, setOption } from './arguments.ts'
import { onInterrupt } from './interrupt.ts'
import { jsonLine, type Output, printable, terminal } from './output.ts'
import { freeFolder } from './run.ts'
import { evenstepCommand, shellCommand } from './shell.ts'
import { startWorker } from './worker.ts'

interface Options {
  readonly budget?: number
  readonly workers?: number
  readonly set: readonly string[]
  readonly out?: string
  readonly json?: true
}

/** `evenstep advise FILE`: finds the normalization, learning rate and schedule that suit an experiment. */
export const adviseCommand = (output: Output = terminal()): Command =>
  new Command('advise')
    .description('find the normalization, learning rate and schedule that suit the experiment in FILE')
    .argument('<file>', 'file of the experiment')
    .option('--budget <steps>', 'optimizer steps to spend (default: enough for full runs)', positiveInteger)
    .option('--workers <n>', 'trials at a time (default: the number of cores)', positiveInteger)
    .addOption(setOption())
    .option('--out <dir>', 'folder of the advice (default: runs/NAME-advice-1, -2, …)')
    .option('--json', 'print events as JSON lines')
    .action((file: string, options: Options) => run(file, options, output))

async function run(file: string, options: Options, output: Output): Promise<void> {
  const { experiment: base, origin, inStudy } = await loadWithOrigin(file)
  if (inStudy) {
    throw new ArgumentError(
      `advise: wanted an experiment in a file of its own, got one inside the study ${file}; ` +
        'export it from another file',
    )
  }
  const { set, json, workers } = options
  const experiment = override(base, set)
  const steps = stepsWith(experiment)({})
  const budget = options.budget ?? wholeBudget(steps)
  const folder = options.out ?? freeFolder(`${experiment.name}-advice`)
  const text = json ? jsonLine : adviceReport(experiment)
  planOf(budget, steps) // refuses a budget that is too small before there is a folder
  const isStopped = await inFolder(folder, file, set, async (pool, signal) => {
    begin(folder, experiment)
    const runner = pooled(pool, join(folder, 'trials'), workers ?? availableParallelism())
    for await (const event of until(signal, advise(experiment, { budget, runner }))) {
      output.write(text(event))
      if (event.type !== 'advice') continue
      const settings = [...set, ...event.advice.recommendation.settings, `name=${experiment.name}-advised`]
      const written = store(folder, event.advice, origin, settings)
      if (!json) output.write(`\ntrain it: ${shellCommand(['npx', 'evenstep', 'train', written])}\n`)
    }
  })
  if (!isStopped) return
  const again = evenstepCommand('advise', file, set, { budget: options.budget, workers, out: folder })
  // A range test may still be running in this process.
  process.stderr.write(printable(`stopped; finished trials are in ${folder}; resume with ${again}\n`), () =>
    process.exit(130),
  )
}

/** Locks the folder and calls `body` with a pool of worker processes. @returns whether Ctrl-C stopped it */
async function inFolder(
  folder: string,
  file: string,
  set: readonly string[],
  body: (pool: Pool, signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  // Imported late, since locks use a native database: other commands start without it.
  const { lockFolder, workersLock } = await import('../study/run/lock.ts')
  mkdirSync(folder, { recursive: true })
  const lock = lockFolder(folder, 'advice')
  const pool = new Pool(() => startWorker(file, workersLock(folder), set))
  const interrupt = onInterrupt()
  try {
    await body(pool, interrupt.signal)
  } finally {
    await pool.close()
    lock.release()
    interrupt.stop()
  }
  return interrupt.signal.aborted
}

/** Stores the experiment in `folder`. @throws {ArgumentError} when the folder has advice on another one. */
function begin(folder: string, experiment: Experiment): void {
  const file = join(folder, 'base.json')
  const identity = identityOf(experiment)
  if (existsSync(file)) {
    const before = parseJson(readFileSync(file, 'utf8'), file) as typeof identity
    checkSameAdvice(folder, before, identity)
  }
  writeWhole(file, `${JSON.stringify(identity, null, 2)}\n`)
}

/** Yields the events of `events`; once `signal` is aborted, ends without waiting for the pending event. */
async function* until<T>(signal: AbortSignal, events: AsyncGenerator<T>): AsyncGenerator<T> {
  const stopped = once(signal, 'abort').then(() => undefined)
  for (;;) {
    const next = events.next()
    next.catch(() => {}) // an error after the abort is not an unhandled rejection
    const result = await Promise.race([stopped, next])
    if (result === undefined || result.done) return
    yield result.value
  }
}

/** Writes advice, and a module that exports `file`'s experiment with these settings. @returns its path */
function store(folder: string, advice: Advice, file: string, settings: readonly string[]): string {
  const path = join(folder, 'experiment.ts')
  writeFileSync(join(folder, 'advice.json'), `${JSON.stringify(advice, null, 2)}\n`)
  writeFileSync(path, moduleText(relative(folder, resolve(file)).replaceAll('\\', '/'), settings))
  return path
}

/** Returns the source code of a module that exports the experiment of the file `from` with these settings. */
const moduleText = (from: string, settings: readonly string[]): string =>
  [
    `import { train } from ${JSON.stringify('evenstep')}`,
    `import base from ${JSON.stringify(from.startsWith('.') ? from : `./${from}`)}`,
    '',
    '// What `evenstep advise` recommends; advice.json beside this file says why.',
    `export default train.override(${from.endsWith('.json') ? 'train.parseExperiment(base)' : 'base'}, [`,
    ...settings.map((setting) => `  ${JSON.stringify(setting)},`),
    '])',
    '',
  ].join('\n')
