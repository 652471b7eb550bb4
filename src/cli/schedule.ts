import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { integer } from '../core/options.ts'
import { figure } from '../core/text.ts'
import * as schedule from '../schedule/index.ts'
import { type Output, terminal } from './output.ts'
import { type PlotSeries, plot } from './plot.ts'
import { type PlotPanel, svg } from './svg.ts'

interface Options {
  readonly steps?: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly svg?: string
  readonly with?: string
}

const maxSteps = 10_000_000

/**
 * `evenstep schedule SPEC…`: draws schedules in the terminal, or prints their values.
 *
 * Its action throws an EvenstepError for a wrong SPEC or option.
 */
export const scheduleCommand = (output: Output = terminal()): Command =>
  new Command('schedule')
    .description('draw schedules, or print their values')
    .argument('<spec...>', "JSON, or short text: 'warmup 500 + cosine 0.1 to 0 over 20000'")
    .option('--steps <n>', 'number of steps to show')
    .option('--json', 'print a JSON line for each schedule')
    .option('--csv', 'print a CSV row for each step')
    .option('--svg <file>', 'also write an image')
    .option('--with <curve>', "also show the 'momentum' that goes with oneCycle and cyclic")
    .action((specs: string[], options: Options) => run(output, specs, options))

function run(output: Output, specs: readonly string[], options: Options): void {
  const steps = readSteps(options.steps)
  if (options.json && options.csv) throw refusal('--json or --csv', 'both', 'leave one out')
  if (options.with !== undefined && options.with !== 'momentum')
    throw refusal('--with momentum', options.with)
  const schedules = specs.map((spec) => schedule.parse(spec))
  const momenta = options.with === undefined ? [] : schedules.map((s) => schedule.momentumOf(s))
  if (options.svg !== undefined) writeSvg(options.svg, panels(schedules, momenta, steps))
  if (options.json) printJson(output, [...schedules, ...momenta], steps)
  else if (options.csv) printCsv(output, [...schedules, ...momenta], steps)
  else draw(output, panels(schedules, momenta, steps))
}

function panels(
  schedules: readonly schedule.Schedule[],
  momenta: readonly schedule.Schedule[],
  steps: number,
): readonly PlotPanel[] {
  const values = { title: 'value', series: schedules.map((s) => seriesOf(s, steps)) }
  return momenta.length === 0
    ? [values]
    : [values, { title: 'momentum', series: momenta.map((s) => seriesOf(s, steps)) }]
}

const seriesOf = (s: schedule.Schedule, steps: number): PlotSeries => ({
  label: schedule.format(s),
  values: schedule.values(s, steps),
})

function draw(output: Output, panels: readonly PlotPanel[]): void {
  for (const { title, series } of panels) {
    if (panels.length > 1) output.write(`${title}\n`)
    output.write(plot(series.map(described), { columns: output.columns, color: output.color }))
  }
}

/** A curve with a summary after its label. */
function described({ label, values }: PlotSeries): PlotSeries {
  const { peak, peakStep, last, mean } = schedule.summary(schedule.table(values), values.length)
  const [p, l, m] = [peak, last, mean].map((value) => figure(value, 4))
  return { label: `${label}   peak ${p} at ${peakStep}, last ${l}, mean ${m}`, values }
}

function printJson(output: Output, schedules: readonly schedule.Schedule[], steps: number): void {
  for (const s of schedules) {
    output.write(
      `${JSON.stringify({ text: schedule.format(s), spec: s.spec, values: schedule.values(s, steps) })}\n`,
    )
  }
}

function printCsv(output: Output, schedules: readonly schedule.Schedule[], steps: number): void {
  const names = schedules.map((s) => `"${schedule.format(s).replaceAll('"', '""')}"`)
  const columns = schedules.map((s) => schedule.values(s, steps))
  output.write(`step,${names.join(',')}\n`)
  for (let step = 0; step < steps; step++) {
    output.write(`${step},${columns.map((values) => values[step]).join(',')}\n`)
  }
}

function writeSvg(file: string, panels: readonly PlotPanel[]): void {
  const title = panels[0]!.series.map(({ label }) => label).join(', ')
  try {
    writeFileSync(file, svg(title, panels))
  } catch (error) {
    throw refusal('--svg as a file that can be written', file, (error as Error).message)
  }
}

function readSteps(text: string | undefined): number {
  const steps = integer({ min: 1, max: maxSteps })
  try {
    return steps.read('', '', text === undefined ? undefined : Number(text))!
  } catch {
    throw refusal(`--steps as ${steps.wanted}`, text ?? 'nothing', 'give the length of the training')
  }
}

function refusal(wanted: string, got: string, fix?: string): ArgumentError {
  const tail = fix === undefined ? '' : `; ${fix}`
  return new ArgumentError(`evenstep schedule: wanted ${wanted}, got ${got}${tail}`)
}
