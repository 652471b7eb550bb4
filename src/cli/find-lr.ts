import { Command } from 'commander'
import { evenstepCommand } from '../core/shell.ts'
import { figure } from '../core/text.ts'
import { writeOutput } from '../disk/output-file.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { type FindLearningRateOptions, findLearningRate, type LearningRates } from '../train/find-lr.ts'
import { override } from '../train/spec.ts'
import { positiveInteger, positiveNumber, setOption } from './arguments.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { plot } from './plot.ts'
import { svg } from './svg.ts'

interface Options extends FindLearningRateOptions {
  readonly set: readonly string[]
  readonly svg?: string
  readonly json?: true
}

/** `evenstep find-lr FILE`: trains at ever higher learning rates (a range test), and suggests one. */
export const findLrCommand = (output: Output = terminal()): Command =>
  new Command('find-lr')
    .description('train the experiment in FILE at ever higher learning rates, and suggest one')
    .argument('<file>', 'file of the experiment')
    .option('--from <lr>', 'first rate (default: 1e-5)', positiveNumber)
    .option('--to <lr>', 'last rate (default: 10)', positiveNumber)
    .option('--steps <n>', 'steps of the ramp (default: 600)', positiveInteger)
    .addOption(setOption())
    .option('--svg <file>', 'also write an image')
    .option('--json', 'print the curve and the suggestions as JSON')
    .action(async (file: string, { set, svg: image, json, ...options }: Options) => {
      const experiment = override(await loadExperiment(file), set)
      const found = await findLearningRate(experiment, options)
      if (image !== undefined) writeOutput(image, picture(found))
      output.write(json ? jsonLine(found) : report(found, file, set, output))
    })

const rate = (value: number): string => figure(value, 4)

const label = 'smoothed loss against the learning rate'

function report(found: LearningRates, file: string, set: readonly string[], output: Output): string {
  const { lrs, losses } = found
  const { columns, color } = output
  const ends = [`lr ${rate(lrs[0]!)}`, `lr ${rate(lrs.at(-1)!)}`] as const
  return [plot([{ label, values: losses }], { columns, color, ends }), ...verdict(found, file, set), ''].join(
    '\n',
  )
}

function verdict(found: LearningRates, file: string, set: readonly string[]): string[] {
  const { lrs, steepest, valley, minimumTenth, suggestion } = found
  if (suggestion === undefined) {
    const range = `from ${rate(lrs[0]!)} to ${rate(lrs.at(-1)!)}`
    return [
      `flat: no suggestion, as the loss fell at no rate ${range} by more than it differs between batches;`,
      'try other rates with --from and --to, or more steps with --steps',
    ]
  }
  const rows = [
    ['steepest', steepest!, 'where the loss falls fastest'],
    ['valley', valley!, 'half-way down the longest valley'],
    ['minimum / 10', minimumTenth!, 'a tenth of the rate of the lowest loss'],
    ['suggestion', suggestion, 'the geometric mean of the last two'],
  ] as const
  const kept = set.filter((setting) => !setting.startsWith('optimizer.lr='))
  return [
    ...rows.map(([name, value, why]) => `${name.padStart(14)}  ${rate(value).padEnd(10)} ${why}`),
    '',
    `try it: ${evenstepCommand('train', file, [...kept, `optimizer.lr=${rate(suggestion)}`])}`,
  ]
}

function picture({ lrs, losses }: LearningRates): string {
  const axis = { title: 'learning rate', tick: (step: number) => rate(lrs[step] ?? lrs.at(-1)!) }
  return svg('Learning-rate range test', [
    { title: label, series: [{ label: 'loss', values: losses }], axis },
  ])
}
