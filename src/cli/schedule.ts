import { Command, Option } from 'commander'
import { csvLine } from '../core/csv-line.ts'
import { integer } from '../core/options.ts'
import { figure } from '../core/text.ts'
import { writeOutput } from '../disk/output-file.ts'
import * as schedule from '../schedule/index.ts'
import { numberOf } from './arguments.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { type PlotSeries, plot } from './plot.ts'
import { type PlotPanel, svg } from './svg.ts'

interface Options {
  readonly steps: number
  readonly json?: true
  readonly csv?: true
  readonly svg?: string
  readonly with?: 'momentum'
}

const stepCount = numberOf(integer({ min: 1, max: 10_000_000 }))

/** `evenstep schedule SPEC…`: draws learning-rate schedules in the terminal, or prints their values. */
export const scheduleCommand = (output: Output = terminal()): Command =>
  new Command('schedule')
    .description('draw schedules, or print their values')
    .argument('<spec...>', "JSON, or short text: 'warmup 500 + cosine 0.1 to 0 over 20000'")
    .requiredOption('--steps <n>', 'steps to show, such as the length of the training', stepCount)
    .addOption(new Option('--json', 'print a JSON line for each schedule').conflicts('csv'))
    .option('--csv', 'print a CSV row for each step')
    .option('--svg <file>', 'also write an image')
    .addOption(new Option('--with <curve>', 'curve of oneCycle and cyclic to add').choices(['momentum']))
    .action((specs: string[], options: Options) => run(output, specs, options))

async function run(output: Output, specs: readonly string[], options: Options): Promise<void> {
  const { steps, json, csv, svg: image, with: curve } = options
  const schedules = specs.map((spec) => schedule.over(spec, steps))
  const momenta = curve && schedules.map((s) => schedule.momentumOf(s))
  const groups: Groups = { value: schedules, ...(momenta && { momentum: momenta }) }
  if (image !== undefined) writeOutput(image, picture(panels(groups, steps)))
  if (json) printJson(output, Object.values(groups).flat(), steps)
  else if (csv) await printCsv(output, Object.values(groups).flat(), steps)
  else draw(output, panels(groups, steps))
}

/** Schedules to draw, in one or more plots: maps the title of each plot to its schedules. */
type Groups = Readonly<Record<string, readonly schedule.Schedule[]>>

const panels = (groups: Groups, steps: number): PlotPanel[] =>
  Object.entries(groups).map(([title, group]) => ({
    title,
    series: group.map((s) => ({ label: schedule.format(s), values: schedule.values(s, steps) })),
  }))

const picture = (panels: readonly PlotPanel[]): string =>
  svg(panels[0]!.series.map(({ label }) => label).join(', '), panels)

function draw(output: Output, panels: readonly PlotPanel[]): void {
  for (const { title, series } of panels) {
    if (panels.length > 1) output.write(`${title}\n`)
    output.write(plot(series.map(described), { columns: output.columns, color: output.color }))
  }
}

/** Returns the curve with its highest value, last value and mean added to its label. */
function described({ label, values }: PlotSeries): PlotSeries {
  const { peak, peakStep, last, mean } = schedule.summary(schedule.table(values), values.length)
  const [p, l, m] = [peak, last, mean].map((value) => figure(value, 4))
  return { label: `${label}   peak ${p} at ${peakStep}, last ${l}, mean ${m}`, values }
}

function printJson(output: Output, schedules: readonly schedule.Schedule[], steps: number): void {
  for (const s of schedules) {
    output.write(jsonLine({ text: schedule.format(s), spec: s.spec, values: schedule.values(s, steps) }))
  }
}

async function printCsv(
  output: Output,
  schedules: readonly schedule.Schedule[],
  steps: number,
): Promise<void> {
  const columns = schedules.map((s) => schedule.values(s, steps))
  output.write(csvLine(['step', ...schedules.map((s) => schedule.format(s))]))
  for (let step = 0; step < steps; step++) {
    await output.write(csvLine([step, ...columns.map((values) => values[step]!)]))
  }
}
