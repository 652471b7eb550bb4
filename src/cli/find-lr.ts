import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { type FindLearningRateOptions, findLearningRate, type LearningRates } from '../train/find-lr.ts'
import { override } from '../train/spec.ts'
import { loadExperiment } from './load.ts'
import { type Output, terminal } from './output.ts'
import { plot, shortNumber } from './plot.ts'
import { svg } from './svg.ts'

interface Options extends FindLearningRateOptions {
  readonly set: readonly string[]
  readonly svg?: string
  readonly json?: true
}

/** `evenstep find-lr FILE`: a range test of the learning rate. */
export function findLrCommand(output: Output = terminal()): Command {
  return new Command('find-lr')
    .description('try the experiment in FILE at ever higher learning rates, and suggest one')
    .argument('<file>', 'the experiment')
    .option('--from <lr>', 'the first rate; 1e-5', positive)
    .option('--to <lr>', 'the last rate; 10', positive)
    .option('--steps <n>', 'steps of the ramp; 600', positive)
    .option('--set <path=value>', 'change a setting', (one, all: readonly string[]) => [...all, one], [])
    .option('--svg <file>', 'also write an image')
    .option('--json', 'print the curve and the suggestions as JSON')
    .action(async (file: string, { set, svg: image, json, ...options }: Options) => {
      const experiment = override(await loadExperiment(file), set)
      const found = await findLearningRate(experiment, options)
      if (image !== undefined) writeFileSync(image, picture(found))
      output.write(json ? `${JSON.stringify(found)}\n` : report(found, file, output))
    })
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text)
  throw new InvalidArgumentError(`wanted a number above 0, got ${text}`)
}

const label = 'smoothed loss against the learning rate'

function report(found: LearningRates, file: string, { columns, color }: Output): string {
  const { lrs, losses, steepest, valley, minimumTenth, suggestion } = found
  const ends = [`lr ${shortNumber(lrs[0]!)}`, `lr ${shortNumber(lrs.at(-1)!)}`] as const
  const rows = [
    ['steepest', steepest, 'where the loss falls fastest'],
    ['valley', valley, 'half-way down the longest valley'],
    ['minimum / 10', minimumTenth, 'a tenth of the rate of the lowest loss'],
    ['suggestion', suggestion, 'the geometric mean of the last two'],
  ] as const
  return [
    plot([{ label, values: losses }], { columns, color, ends }),
    ...rows.map(([name, value, why]) => `${name.padStart(14)}  ${shortNumber(value).padEnd(10)} ${why}`),
    '',
    `try it: npx evenstep train ${file} --set optimizer.lr=${shortNumber(suggestion)}`,
    '',
  ].join('\n')
}

function picture({ lrs, losses }: LearningRates): string {
  const axis = { title: 'learning rate', tick: (step: number) => shortNumber(lrs[step] ?? lrs.at(-1)!) }
  return svg('Learning-rate range test', [
    { title: label, series: [{ label: 'loss', values: losses }], axis },
  ])
}
