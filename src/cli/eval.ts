import { basename } from 'node:path'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { intervalText } from '../study/analysis/words.ts'
import { type DataFile, type DataFileOptions, readDataFile } from '../train/data-file.ts'
import type { Evaluation } from '../train/evaluation.ts'
import type { Experiment } from '../train/experiment.ts'
import { open } from '../train/open.ts'
import { type About, aboutOf } from '../train/run-graph.ts'
import { classNamesOf, measureText, nameWidth, type Targets } from './measure-text.ts'
import { jsonLine, type Output, printNote, terminal } from './output.ts'
import { type AskedRun, askedBy, bestOption, experimentOption, storedRun } from './run.ts'
import { weightsText } from './test-text.ts'

interface Options extends AskedRun, DataFileOptions {
  readonly on?: string
  readonly test?: true
  readonly json?: true
}

/** `evenstep eval RUN`: evaluates the model of a run or a checkpoint on the run's validation data, or on a file. */
export const evalCommand = (output: Output = terminal()): Command =>
  new Command('eval')
    .description("evaluate a run's model on its validation data, its test data, or a file")
    .argument('<run>', 'folder of the run, or of one of its checkpoints')
    .addOption(bestOption())
    .option('--test', 'evaluate on the test data, which nothing chose on, with 95 % intervals')
    .option(
      '--on <file>',
      'data to evaluate on instead: CSV, Parquet, NPZ, NPY or IDX, as the run read its own; JSON lines or NPZ with several inputs or targets by name',
    )
    .option('--target <name>', 'with --on: column, or array of an NPZ file, of the labels or targets')
    .option('--labels <file>', 'with --on: file of the labels of an NPY or IDX file')
    .addOption(experimentOption())
    .option('--json', 'print the metrics as JSON')
    .action(async (folder: string, options: Options) => {
      const { test, json } = options
      if (test) return printTest(folder, options, output)
      const { evaluation, targets } = await evaluated(folder, options)
      const { metrics, reasons, ...measured } = evaluation
      const all = { ...measured, ...metrics }
      output.write(json ? jsonLine(all) : listing(all, targets, output.columns).join(''))
    })

/** An evaluation, and what it compared outputs with. */
interface Evaluated {
  readonly evaluation: Evaluation
  readonly targets: Targets
}

/** Returns the lines of each measurement. */
function listing(all: object, targets: Targets, columns: number): string[] {
  const width = nameWidth(Object.keys(all))
  return Object.entries(all).map(([name, value]) =>
    measureText(name, value, { classNames: classNamesOf(name, targets), width, columns }),
  )
}

const aboutTargets = ({ classNames, target }: About): Targets => ({ classNames, tensors: target.tensors })

const targetsOf = ({ classNames, y }: Experiment['data']['validation']): Targets => ({
  classNames,
  tensors: y.tensors,
})

async function evaluated(folder: string, options: Options): Promise<Evaluated> {
  const { on, target, labels } = options
  if (on !== undefined) return evaluatedOn(on, folder, options)
  const alone = target === undefined ? labels && '--labels' : '--target'
  if (alone) throw new ArgumentError(`eval: wanted --on FILE with ${alone}, got none`)
  const run = await open(folder, await askedBy(folder, options))
  const evaluation = await run.evaluate()
  return { evaluation, targets: targetsOf(run.experiment.data.validation) }
}

/** Evaluates a run on its test data, and prints which model was measured, and each value with its interval. */
async function printTest(folder: string, options: Options, output: Output): Promise<void> {
  const other = (['on', 'target', 'labels'] as const).find((name) => options[name] !== undefined)
  if (other) throw new ArgumentError(`eval: wanted --test or --${other}, got both`)
  const run = await open(folder, await askedBy(folder, options))
  const { metrics, reasons, intervals = {}, ...measured } = await run.evaluate('test', { intervals: true })
  const all = { ...measured, ...metrics }
  const weights = run.checkpoint === undefined ? 'final' : options.best ? 'best' : basename(run.checkpoint)
  if (options.json) return void output.write(jsonLine({ part: 'test', weights, ...all, intervals }))
  const texts = listing(all, targetsOf(run.experiment.data.validation), output.columns)
  const lines = Object.entries(all).map(([name, value], i) => {
    const line = texts[i]!
    return typeof value === 'number'
      ? `${line.trimEnd()} ${intervalText(intervals[name], (end) => end.toFixed(6))}\n`
      : line
  })
  output.write(`test data, ${weightsText(weights, run.step, run.experiment.monitor)}\n${lines.join('')}`)
}

/** Evaluates a run on a file: by the graphs in its folder or, if they cannot do that, with the experiment. */
async function evaluatedOn(file: string, folder: string, options: Options): Promise<Evaluated> {
  const stored = storedRun(folder, options)
  if (stored === undefined || stored.lossRefusal !== undefined) {
    const run = await open(folder, await askedBy(folder, options))
    const about = aboutOf(run.experiment)
    return {
      evaluation: await run.evaluate(await dataIn(file, about, options)),
      targets: aboutTargets(about),
    }
  }
  for (const name of stored.ownMetrics) {
    const fix = 'to compute it, name the file with --experiment FILE'
    printNote(`${folder}: left out the metric ${name}, which is code of the experiment; ${fix}`)
  }
  const evaluation = await stored.evaluate(await dataIn(file, stored.about, options))
  return { evaluation, targets: aboutTargets(stored.about) }
}

async function dataIn(file: string, about: About, options: DataFileOptions): Promise<DataFile['data']> {
  const { data, warning } = await readDataFile(file, about, options)
  if (warning) printNote(warning)
  return data
}
