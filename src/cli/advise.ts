import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, posix, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { ArgumentError, DamagedError } from '../core/errors.ts'
import { extendedName } from '../core/file-name.ts'
import { jsonIn } from '../core/json.ts'
import { present } from '../core/options.ts'
import { evenstepCommand, shellCommand } from '../core/shell.ts'
import { pathExists, refuseLinks } from '../disk/inside.ts'
import { writeWhole } from '../disk/whole-file.ts'
import type { Advice } from '../study/advise/advice.ts'
import { advise } from '../study/advise/advise.ts'
import { planOf, usualBudget } from '../study/advise/plan.ts'
import { pooled } from '../study/advise/pooled.ts'
import { testLines, testSentence } from '../study/analysis/tested.ts'
import { identityOf } from '../study/run/identity.ts'
import { Pool } from '../study/run/pool.ts'
import { forgetFailed } from '../study/run/run-trial.ts'
import { checkSameAdvice } from '../study/run/same-study.ts'
import { testWinner } from '../study/run/winner-test.ts'
import { settingsOf, stepsWith } from '../study/trial-settings.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadWithOrigin } from '../train/experiment-file.ts'
import { override, withSettings } from '../train/spec.ts'
import { testDataOf } from '../train/test-part.ts'
import { adviceReport } from './advice-report.ts'
import { positiveInteger, setOption, timeLimitOption } from './arguments.ts'
import { signals } from './interrupt.ts'
import { jsonLine, type Output, printNote, terminal } from './output.ts'
import { freeFolder } from './run.ts'
import { startWorker } from './run-trials.ts'

interface Options {
  readonly budget?: number
  readonly optimizer?: readonly string[]
  readonly resplit?: boolean
  readonly workers?: number
  readonly set: readonly string[]
  readonly out?: string
  readonly retryFailed?: true
  readonly timeLimit?: number
  readonly test?: true
  readonly json?: true
}

/** `evenstep advise FILE`: finds the normalization, learning rate and schedule that suit an experiment. */
export const adviseCommand = (output: Output = terminal()): Command =>
  new Command('advise')
    .description(
      'find the normalization, learning rate, schedule and weight decay that suit the experiment in FILE',
    )
    .argument('<file>', 'file of the experiment')
    .option('--budget <steps>', 'optimizer steps to spend (default: those of 18 runs)', positiveInteger)
    .option('--optimizer <name...>', 'race these beside the own optimizer, such as muon and prodigy')
    .option('--resplit', 'split training and validation examples anew for each further seed')
    .option('--no-resplit', 'keep the split, as of examples that belong together')
    .option('--workers <n>', 'trials at a time (default: the number of cores)', positiveInteger)
    .addOption(setOption())
    .option('--out <dir>', 'folder of the advice (default: runs/NAME-advice-1, -2, …)')
    .option('--retry-failed', 'run trials that failed again')
    .addOption(timeLimitOption())
    .option(
      '--test',
      'measure the recommended model and the unchanged one once on the test data, which nothing chose on',
    )
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
  const { set, json, workers, optimizer: optimizers, resplit } = options
  const experiment = override(base, set)
  if (options.test) testDataOf('advise', experiment)
  const steps = stepsWith(experiment)({})
  const budget = options.budget ?? usualBudget(steps)
  const text = json ? jsonLine : adviceReport(experiment, options.test)
  planOf(budget, steps) // refuses a budget that is too small before there is a folder
  const folder = options.out ?? freeFolder(extendedName(experiment.name!, '-advice'))
  const exitCode = await inFolder(folder, file, options, async (pool, signal) => {
    begin(folder, experiment)
    if (options.retryFailed) forgetFailed(join(folder, 'trials'))
    const runner = pooled(pool, join(folder, 'trials'), workers ?? availableParallelism())
    for await (const event of advise(experiment, present({ budget, optimizers, resplit, runner, signal }))) {
      output.write(text(event))
      if (event.type !== 'advice') continue
      const { advice } = event
      const name = extendedName(experiment.name!, '-advised')
      const written = store(folder, advice, origin, [
        ...set,
        ...advice.recommendation.settings,
        `name=${name}`,
      ])
      if (options.test) output.write(await testAdvice(folder, experiment, advice, { json, signal }))
      if (!json) output.write(`\ntrain it: ${shellCommand(['npx', 'evenstep', 'train', written])}\n`)
    }
  })
  if (exitCode === undefined) return
  process.exitCode = exitCode
  printNote(`stopped; finished trials are in ${folder}; resume with ${again(file, folder, options)}`)
}

/** Returns the command that resumes the advice in `folder`. */
function again(file: string, folder: string, options: Options): string {
  const { set, budget, optimizer, resplit, workers, test } = options
  const kept = resplit === false ? { 'no-resplit': true } : { resplit }
  return evenstepCommand('advise', file, set, { budget, optimizer, ...kept, workers, out: folder, test })
}

/**
 * Locks the folder, and calls `body` with a pool of worker processes.
 *
 * @returns the exit status if a signal stopped the command, otherwise undefined
 */
async function inFolder(
  folder: string,
  file: string,
  { set, timeLimit }: Options,
  body: (pool: Pool, signal: AbortSignal) => Promise<void>,
): Promise<number | undefined> {
  // Imported late, since locks use a native database: other commands start without it.
  const { lockFolder, workersLock } = await import('../study/run/lock.ts')
  mkdirSync(folder, { recursive: true })
  refuseLinks(folder)
  const lock = lockFolder(folder, 'advice')
  const pool = new Pool(() => startWorker(file, workersLock(folder), set), present({ timeLimit }))
  const interrupt = signals.begin()
  try {
    await body(pool, interrupt.signal)
    return undefined
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error
    return interrupt.exitCode
  } finally {
    await pool.close()
    lock.release()
    interrupt.stop()
  }
}

/** Measures the models of the recommended and of the unchanged trial on the test data. @returns lines to print */
async function testAdvice(
  folder: string,
  experiment: Experiment,
  { recommendation, unchangedTrial, trials }: Advice,
  { json, signal }: { readonly json: true | undefined; readonly signal: AbortSignal },
): Promise<string> {
  const lines: string[] = []
  for (const id of new Set([recommendation.trial, unchangedTrial ?? recommendation.trial])) {
    const trial = trials.find((one) => one.id === id)!
    const settings = settingsOf(experiment, trial, { metric: experiment.monitor, watch: false })
    const { test, before } = await testWinner(folder, withSettings(experiment, settings), trial, signal)
    const others = before.filter((one) => one.trial !== recommendation.trial)
    lines.push(
      json
        ? jsonLine({ type: 'test', ...test })
        : `${testLines([test], [testSentence(test, others)]).join('\n')}\n`,
    )
  }
  return lines.join('')
}

/** Stores the experiment in `folder`. @throws {ArgumentError} when it has advice on another experiment. */
function begin(folder: string, experiment: Experiment): void {
  const file = join(folder, 'base.json')
  const identity = identityOf(experiment)
  if (pathExists(file)) {
    const before = jsonIn(readFileSync(file))
    if (typeof before !== 'object' || before === null) {
      throw new DamagedError(
        `${file}: wanted the JSON of an experiment, got something else; move the folder away`,
      )
    }
    checkSameAdvice(folder, before as typeof identity, identity)
  }
  writeWhole(file, `${JSON.stringify(identity, null, 2)}\n`)
}

/** Writes advice, and a module that exports the experiment in `file` with `settings`. @returns path of the module */
function store(folder: string, advice: Advice, file: string, settings: readonly string[]): string {
  const path = join(folder, 'experiment.ts')
  writeWhole(join(folder, 'advice.json'), `${JSON.stringify(advice, null, 2)}\n`)
  writeWhole(path, moduleText(relative(folder, resolve(file)).replaceAll('\\', '/'), settings))
  return path
}

/** Returns the source code that makes an experiment of the JSON `base`, imported from the path `from`. */
const fromJson = (from: string): string =>
  `await train.parseExperiment(base, { folder: new URL(${JSON.stringify(posix.join(from, '..', '/'))}, import.meta.url) })`

/** Returns the source code of a module that exports the experiment of the file `from` with these settings. */
const moduleText = (from: string, settings: readonly string[]): string =>
  [
    `import { train } from ${JSON.stringify('evenstep')}`,
    `import base from ${JSON.stringify(from.startsWith('.') ? from : `./${from}`)}`,
    '',
    '// What `evenstep advise` recommends; advice.json beside this file says why.',
    `export default train.override(${from.endsWith('.json') ? fromJson(from) : 'base'}, [`,
    ...settings.map((setting) => `  ${JSON.stringify(setting)},`),
    '])',
    '',
  ].join('\n')
