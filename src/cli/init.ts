import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { count, counted } from '../core/text.ts'
import { type Dataset, hasLabels } from '../data/dataset.ts'
import { fileFault, systemCode } from '../disk/fault.ts'
import type { Experiment } from '../train/experiment.ts'
import { stemOf } from '../train/experiment-file.ts'
import { findLearningRate } from '../train/find-lr.ts'
import { parseData } from '../train/spec/data.ts'
import { withData } from '../train/spec.ts'
import { noteOnTable } from '../train/table-encoding.ts'
import { seed } from './arguments.ts'
import { cycle, type Draft, draftOf } from './init/draft.ts'
import { lookAt, type Told } from './init/look.ts'
import { moduleOf } from './init/typescript.ts'
import { type Output, printNote, terminal } from './output.ts'
import { evenstepCommand, shellCommand } from './shell.ts'

interface Options extends Told {
  readonly out?: string
  readonly json?: true
}

/** `evenstep init DATA`: writes an experiment for a file of data, with a learning rate from a range test. */
export const initCommand = (output: Output = terminal()): Command =>
  new Command('init')
    .description('write an experiment for the data in a file or a folder, ready to train')
    .argument('<data>', 'CSV, TSV, Parquet, NPZ or IDX file, or a folder of images, one sub-folder a class')
    .option('--label <column>', 'column of classes to predict; array of an NPZ file, file of labels of IDX')
    .option('--target <column>', 'column of numbers to predict; array of an NPZ file')
    .option(
      '--no-header',
      'the first row of the CSV file has no names: columns are 0, 1, …, or -1 for the last',
    )
    .option('--out <file>', 'file to write (default: named after DATA, in this folder)')
    .option('--seed <n>', 'seed of the split, the weights and the order', seed, 0)
    .option('--json', 'write JSON instead of TypeScript')
    .action(async (path: string, options: Options) => {
      const out =
        options.out ?? `${stemOf(basename(path).replace(/\.gz$/, ''))}.${options.json ? 'json' : 'ts'}`
      checkNew(out)
      const look = await lookAt(path, dirname(resolve(out)), options)
      const data = await parseData(look.spec, dirname(resolve(out)))
      const draft = draftOf(look, data, options.seed)
      const experiment = withData({ ...draft }, data)
      const note = noteOnTable(experiment)
      if (note !== undefined) printNote(note)
      const { lr, rate } = await rateFor(experiment)
      const found: Draft = { ...draft, optimizer: { ...draft.optimizer, lr: cycle(lr) } }
      const command = commandOf(path, options)
      const about = aboutOf(path, experiment, options)
      writeNew(out, isJson(out) ? jsonOf(found) : moduleOf(found, { command, about, rate }))
      output.write(`${out}: ${about}\n${rate}\n\n${nextSteps(path, out, look.kind === 'table')}`)
    })

const isJson = (out: string): boolean => extname(out) === '.json'

const jsonOf = (draft: Draft): string =>
  `${JSON.stringify({ $schema: 'node_modules/evenstep/schema/experiment.json', ...draft }, null, 2)}\n`

const commandOf = (path: string, { label, target, header, seed, out }: Options): string =>
  evenstepCommand('init', path, [], {
    label,
    target,
    ...(!header && { 'no-header': true }),
    ...(seed !== 0 && { seed }),
    out,
  })

/** Number of steps of the range test: fewer suggest too high rates for models with batch normalization. */
const steps = 600

/** Rate if a range test suggests none, and bounds of what it may suggest for AdamW. */
const rates = { usual: 0.003, least: 1e-4, most: 0.03 }

/** Returns the peak of the learning rate, from a range test, and a sentence on where it comes from. */
async function rateFor(experiment: Experiment): Promise<{ readonly lr: number; readonly rate: string }> {
  const { suggestion } = await findLearningRate(experiment, { steps })
  const test = `a range test of ${count(steps)} steps`
  if (suggestion === undefined) {
    return {
      lr: rates.usual,
      rate: `The rate is a usual one, as ${test} found no rate at which the loss falls.`,
    }
  }
  const lr = Number(Math.min(rates.most, Math.max(rates.least, suggestion)).toPrecision(2))
  return { lr, rate: `The rate rises to ${lr}, which ${test} suggested, then falls to almost 0.` }
}

function aboutOf(path: string, { data }: Experiment, { label, target }: Told): string {
  const train = data.train as Dataset
  const rows = [data.train, data.validation, data.test].reduce(
    (sum, part) => sum + ((part as Dataset | undefined)?.length ?? 0),
    0,
  )
  const classes = hasLabels(train) ? ` (${train.classes} classes)` : ''
  return `Predicts ${label ?? target ?? 'the class'}${classes} from ${counted(rows, 'example')} in ${basename(path)}.`
}

function nextSteps(path: string, out: string, isTable: boolean): string {
  const name = stemOf(out)
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  const run = join('runs', `${name}-${n}`)
  const words = [
    ['train', out],
    ['eval', run, '--test'],
    ...(isTable ? [['predict', run, path, '--out', `${name}-predictions.csv`]] : []),
  ]
  return ['next:', ...words.map((one) => `  ${shellCommand(['npx', 'evenstep', ...one])}`), ''].join('\n')
}

const exists = (out: string): ArgumentError =>
  new ArgumentError(`init: wanted a new file to write, got ${out}, which exists; name another with --out`)

function checkNew(out: string): void {
  if (existsSync(out)) throw exists(out)
  if (['.ts', '.json'].includes(extname(out))) return
  throw new ArgumentError(`init: wanted --out FILE that ends with .ts or .json, got ${out}`)
}

/** Writes a file that does not exist. @throws {ArgumentError} when it exists by now */
function writeNew(out: string, text: string): void {
  try {
    writeFileSync(out, text, { flag: 'wx' })
  } catch (cause) {
    throw systemCode(cause) === 'EEXIST' ? exists(out) : fileFault(out, cause)
  }
}
