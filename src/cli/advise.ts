import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { ArgumentError, FormatError } from '../core/errors.ts'
import type { Advice, Recommendation } from '../study/advise/advice.ts'
import { type AdviseEvent, advise } from '../study/advise/advise.ts'
import { planOf, wholeBudget } from '../study/advise/plan.ts'
import { pooled } from '../study/advise/pooled.ts'
import { estimateText, figure, metricText, scoreText, settingsText } from '../study/analysis/words.ts'
import { identityOf } from '../study/run/identity.ts'
import { Pool } from '../study/run/pool.ts'
import { checkSameAdvice } from '../study/run/same-study.ts'
import { stepsWith } from '../study/settings.ts'
import { type Experiment, goalOf } from '../train/experiment.ts'
import { override } from '../train/spec.ts'
import { writeWhole } from '../train/whole-file.ts'
import { onInterrupt } from './interrupt.ts'
import { loadWithOrigin } from './load.ts'
import { shellCommand } from './shell.ts'
import { startWorker } from './worker.ts'

interface Options {
  readonly budget?: number
  readonly workers?: number
  readonly set: readonly string[]
  readonly out?: string
  readonly json?: true
}

/** `evenstep advise FILE`: which normalisation, rate and schedule suit an experiment. */
export function adviseCommand(): Command {
  return new Command('advise')
    .description('find the normalisation, learning rate and schedule that suit the experiment in FILE')
    .argument('<file>', 'the experiment')
    .option(
      '--budget <steps>',
      'optimizer steps to spend; enough for trials as long as a run',
      positiveInteger,
    )
    .option('--workers <n>', 'trials at a time; as many as there are cores unless given', positiveInteger)
    .option('--set <path=value>', 'change a setting', (one, all: readonly string[]) => [...all, one], [])
    .option('--out <dir>', 'the folder of what comes out; runs/NAME-advice-1, -2, … unless given')
    .option('--json', 'print what happens as JSON lines')
    .action(run)
}

async function run(file: string, options: Options): Promise<void> {
  const { experiment: base, origin, inStudy } = await loadWithOrigin(file)
  if (inStudy) {
    throw new ArgumentError(
      `advise: wanted an experiment in a file of its own, got one inside the study ${file}; export it from another file`,
    )
  }
  const experiment = override(base, options.set)
  const { budget = wholeBudget(stepsWith(experiment)({})), workers = availableParallelism() } = options
  const folder = options.out ?? freeFolder(`${experiment.name}-advice`)
  const say = options.json ? (event: AdviseEvent) => `${JSON.stringify(event)}\n` : teller(experiment)
  planOf(budget, stepsWith(experiment)({})) // a budget that is too small is told before there is a folder
  // Locks are of a database, which is native: other commands must start without it, and as fast.
  const { lockFolder, workersLock } = await import('../study/run/folder-lock.ts')
  mkdirSync(folder, { recursive: true })
  const lock = lockFolder(folder, 'advice')
  const pool = new Pool(() => startWorker(file, workersLock(folder), options.set))
  const interrupt = onInterrupt()
  try {
    begin(folder, experiment)
    const runner = pooled(pool, join(folder, 'trials'), workers)
    for await (const event of until(interrupt.signal, advise(experiment, { budget, runner }))) {
      process.stdout.write(say(event))
      if (event.type !== 'advice') continue
      const written = keep(folder, origin, options.set, experiment, event.advice)
      if (!options.json) {
        process.stdout.write(`\ntrain it: ${shellCommand(['npx', 'evenstep', 'train', written])}\n`)
      }
    }
  } finally {
    await pool.close()
    lock.release()
    interrupt.stop()
  }
  if (!interrupt.signal.aborted) return
  const again = commandOf(file, { ...options, out: folder })
  // A range test may still be under way in this process.
  process.stderr.write(`stopped; trials that are over are in ${folder}; go on with ${again}\n`, () =>
    process.exit(130),
  )
}

/** Say what the folder's advice is on. @throws {ArgumentError} when it has one on another experiment. */
function begin(folder: string, experiment: Experiment): void {
  const file = join(folder, 'base.json')
  const identity = identityOf(experiment)
  if (existsSync(file)) checkSameAdvice(folder, readJson(file), identity)
  writeWhole(file, `${JSON.stringify(identity, null, 2)}\n`)
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new FormatError(`${file}: wanted JSON, got something else; the file is damaged`)
  }
}

/** What happens until a signal is given; what is under way then is left to itself. */
async function* until<T>(signal: AbortSignal, events: AsyncGenerator<T>): AsyncGenerator<T> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  for (;;) {
    const next = events.next()
    next.catch(() => {}) // told to whoever waits for it
    const result = await Promise.race([stopped, next])
    if (result === undefined || result.done) return
    yield result.value
  }
}

/** What to type for this advice. */
const commandOf = (file: string, { budget, workers, set, out }: Options): string =>
  shellCommand([
    ...['npx', 'evenstep', 'advise', file],
    ...Object.entries({ budget, workers, out }).flatMap(([key, value]) =>
      value === undefined ? [] : [`--${key}`, String(value)],
    ),
    ...set.flatMap((setting) => ['--set', setting]),
  ])

function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`wanted an integer ≥ 1, got ${text}`)
}

/** The first of runs/NAME-1, runs/NAME-2, … that does not exist yet. */
function freeFolder(name: string): string {
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  return join('runs', `${name}-${n}`)
}

/** Tells a person of the ranges, of the best of each round, and of the advice. */
function teller(experiment: Experiment): (event: AdviseEvent) => string {
  const sign = goalOf(experiment) === 'max' ? -1 : 1
  let due = 0
  let best: { readonly score: number; readonly text: string } | undefined
  return (event) => {
    if (event.type === 'range') {
      const { normalization, rates } = event
      const seen = `range test with normalization ${normalization}: begin at lr ${figure(rates.suggestion)}`
      return `${seen}, after ${rates.lrs.length} steps\n`
    }
    if (event.type === 'round') {
      due = event.trials
      best = undefined
      return `${event.trials} trials of ${event.steps.toLocaleString('en-US')} steps\n`
    }
    if (event.type === 'advice') return adviceText(event.advice, experiment)
    const score = event.trial.result.metrics[experiment.monitor]
    if (score !== undefined && !(best && sign * score >= sign * best.score)) {
      best = { score, text: settingsText(event.trial.settings) || 'the experiment as it is' }
    }
    due--
    if (due > 0) return ''
    const { monitor } = experiment
    return best
      ? `  best: ${best.text}, ${metricText(monitor)} ${scoreText(best.score, monitor)}\n`
      : '  all diverged\n'
  }
}

function adviceText(
  { recommendation, confidence, because, evidence, steps }: Advice,
  { monitor }: Experiment,
): string {
  const { score } = recommendation
  const rows = [
    ...rowsOf(recommendation),
    [metricText(monitor), estimateText(score, monitor)],
    ['confidence', `${confidence}: ${because}`],
  ] as const
  return [
    '',
    ...rows.map(([name, value]) => `${name.padStart(18)}  ${value}`),
    '',
    ...evidence,
    `Spent ${steps.spent.toLocaleString('en-US')} of ${steps.budget.toLocaleString('en-US')} steps.`,
    '',
  ].join('\n')
}

function rowsOf({ normalization, lr, schedule, warmup, weightDecay }: Recommendation): [string, string][] {
  if (normalization === undefined) return [['recommended', 'the experiment as it is']]
  return [
    ['normalization', normalization],
    ['peak rate', figure(lr!)],
    ['schedule', schedule!.text],
    ['warmup', warmup! > 0 ? `${warmup} steps, in the schedule` : 'none'],
    ['weight decay', weightDecay === undefined ? 'as it is' : figure(weightDecay)],
  ]
}

/** Write the advice and the experiment that it recommends. @returns the experiment's file */
function keep(
  folder: string,
  file: string,
  set: readonly string[],
  { name }: Experiment,
  advice: Advice,
): string {
  const path = join(folder, 'experiment.ts')
  const settings = [...set, ...advice.recommendation.settings, `name=${name}-advised`]
  writeFileSync(join(folder, 'advice.json'), `${JSON.stringify(advice, null, 2)}\n`)
  writeFileSync(path, moduleText(relative(folder, resolve(file)).replaceAll('\\', '/'), settings))
  return path
}

/** A module that exports the experiment in the file `from` with other settings. */
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
