import { resolve } from 'node:path'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { unknownName } from '../core/mismatch.ts'
import { writeOutput } from '../disk/output-file.ts'
import { type RunResults, readResults, sharedNames } from '../pages/run-results.ts'
import { type Output, terminal } from './output.ts'
import { plot } from './plot.ts'
import { pngOf } from './png.ts'
import { type PlotPanel, svg } from './svg.ts'

interface Options {
  readonly metric?: string
  readonly svg?: string
  readonly png?: string
}

/** `evenstep plot RUN…`: draws the learning curves and the rates of several runs in one picture. */
export const plotCommand = (output: Output = terminal()): Command =>
  new Command('plot')
    .description('draw the learning curves and learning rates of one or several runs')
    .argument('<run...>', 'folders of runs')
    .option('--metric <name>', 'quantity to draw instead of both losses, such as validationAccuracy')
    .option('--svg <file>', 'write an SVG image')
    .option('--png <file>', 'write a PNG image; needs the package sharp')
    .action(async (folders: string[], { metric, svg: vector, png }: Options) => {
      if (png !== undefined && vector !== undefined && resolve(png) === resolve(vector))
        throw new ArgumentError(`plot: wanted --svg and --png with a file for each, got ${png} twice`)
      const panels = panelsOf(folders.map(readResults), metric)
      const image = svg(folders.join(', '), panels)
      if (png !== undefined) writeOutput(png, await pngOf('plot', image))
      if (vector !== undefined) writeOutput(vector, image)
      if (png === undefined && vector === undefined) draw(output, panels)
    })

const epochAxis = { title: 'epoch', tick: (epoch: number) => String(epoch + 1) }

function panelsOf(runs: readonly RunResults[], metric: string | undefined): PlotPanel[] {
  const names = sharedNames(runs)
  if (metric !== undefined && !names.includes(metric)) throw unknownName('plot', names, metric, 'metric as ')
  const curves = (metric === undefined ? ['trainLoss', 'validationLoss'] : [metric]).map((name) => ({
    title: name,
    series: runs.map(({ path, epochs }) => ({ label: path, values: epochs.map((epoch) => epoch[name]!) })),
    axis: epochAxis,
  }))
  return [
    ...curves,
    { title: 'learning rate', series: runs.map(({ path, rates }) => ({ label: path, values: rates })) },
  ]
}

function draw({ write, columns, color }: Output, panels: readonly PlotPanel[]): void {
  for (const { title, series, axis } of panels) {
    const last = Math.max(...series.map(({ values }) => values.length)) - 1
    const ends = axis ? ([`epoch ${axis.tick(0)}`, `epoch ${axis.tick(last)}`] as const) : undefined
    write(`${title}\n${plot(series, { columns, color, ...(ends && { ends }) })}\n`)
  }
}
