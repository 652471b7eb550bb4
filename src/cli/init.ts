import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { evenstepCommand, shellCommand } from '../core/shell.ts'
import { writeNew } from '../disk/output-file.ts'
import type { Experiment } from '../train/experiment.ts'
import { stemOf } from '../train/experiment-file.ts'
import type { Draft } from '../train/init/draft.ts'
import { initialExperiment } from '../train/init/init.ts'
import { moduleOf } from '../train/init/module-text.ts'
import type { Told } from '../train/init/told.ts'
import { encodingOf, noteOnTable } from '../train/table-encoding.ts'
import { seed } from './arguments.ts'
import { type Output, printNote, terminal } from './output.ts'

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
    .option('--delimiter <character>', 'character between values of CSV, such as ; or tab (default: guessed)')
    .option('--decimal <character>', 'decimal separator of CSV, . or , (default: guessed)')
    .option('--thousands <character>', 'separator of groups of three digits in CSV')
    .addOption(
      repeatable('--na <text>', 'text that means missing, in place of NA, ? and the like; repeatable'),
    )
    .option('--missing <what>', 'drop leaves rows with missing values out; median or mean fills numbers in')
    .addOption(repeatable('--ignore <column>', 'column that is not known when predicting; repeatable'))
    .option('--out <file>', 'file to write (default: named after DATA, in this folder)')
    .option('--seed <n>', 'seed of the split, the weights and the order', seed, 0)
    .option('--json', 'write JSON instead of TypeScript')
    .action(async (path: string, options: Options) => {
      const out =
        options.out ?? `${stemOf(basename(path).replace(/\.gz$/, ''))}.${options.json ? 'json' : 'ts'}`
      checkNew(out)
      const { draft, experiment, about, rate, kind } = await initialExperiment(
        path,
        dirname(resolve(out)),
        options,
      )
      const note = noteOnTable(experiment)
      if (note !== undefined) printNote(note)
      const command = commandOf(path, options)
      const text = isJson(out) ? jsonOf(draft) : moduleOf(draft, { command, about, rate })
      if (!writeNew(out, text)) throw exists(out)
      output.write(
        `${out}: ${about}\n${rate}\n\n${nextSteps(path, out, kind === 'table' || statSync(path).isDirectory())}${featuresOf(experiment)}`,
      )
    })

const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description)
    .argParser((text: string, before: readonly string[]) => [...before, text])
    .default([], 'none')

/** Number of features that are named. */
const mostNamed = 20

/** Returns lines that name the columns of a table that are features; nothing for other data. */
function featuresOf(experiment: Experiment): string {
  const encoding = encodingOf(experiment)
  if (encoding === undefined) return ''
  const names = encoding.columns.filter(({ kind }) => kind !== 'ignore').map(({ name }) => name)
  const more = names.length > mostNamed ? [`${names.length - mostNamed} more`] : []
  const named = [...names.slice(0, mostNamed), ...more].join(', ')
  return `\nfeatures: ${named}\nIf one is not known when predicting, run init again with --ignore COLUMN.\n`
}

const isJson = (out: string): boolean => extname(out) === '.json'

const jsonOf = (draft: Draft): string =>
  `${JSON.stringify({ $schema: 'node_modules/evenstep/schema/experiment.json', ...draft }, null, 2)}\n`

const commandOf = (path: string, { header, seed, json: _, na, missing, ignore, ...told }: Options): string =>
  evenstepCommand('init', path, [], {
    ...told,
    ...{ na, missing, ignore },
    ...(!header && { 'no-header': true }),
    ...(seed !== 0 && { seed }),
  })

function nextSteps(path: string, out: string, isPredictable: boolean): string {
  const name = stemOf(out)
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  const run = join('runs', `${name}-${n}`)
  const words = [
    ['train', out],
    ['eval', run, '--test'],
    ...(isPredictable ? [['predict', run, path, '--out', `${name}-predictions.csv`]] : []),
  ]
  return ['next:', ...words.map((one) => `  ${shellCommand(['npx', 'evenstep', ...one])}`), ''].join('\n')
}

const exists = (out: string): ArgumentError =>
  new ArgumentError(`init: wanted a new file to write, got ${out}, which exists; name another with --out`)

function checkNew(out: string): void {
  if (existsSync(out)) throw exists(out)
  if (!['.ts', '.json'].includes(extname(out)))
    throw new ArgumentError(`init: wanted --out FILE that ends with .ts or .json, got ${out}`)
  if (!existsSync(dirname(resolve(out))))
    throw new ArgumentError(`init: wanted --out FILE in a folder that exists, got ${out}`)
}
