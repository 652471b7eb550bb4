import { count, counted, dash, duration, figure, percent, significant } from '../core/text.ts'
import { over } from '../schedule/index.ts'
import { isSchedule } from '../schedule/schedule.ts'
import { metricText, scoreText } from '../study/analysis/words.ts'
import type { EndEvent, EpochEvent, StartEvent, StepsEvent, TrainEvent } from '../train/event.ts'
import { type Experiment, goalOf } from '../train/experiment.ts'
import { outputResults } from '../train/goals.ts'
import { optimizerOf } from '../train/run-optimizer.ts'
import { monitored } from '../train/train.ts'
import { type Output, StatusLine } from './output.ts'
import { shellCommand } from './shell.ts'
import { Course, sparkline } from './sparkline.ts'
import { testText } from './test-text.ts'

/** Columns of the table, without metrics: a title, which is as wide as the cells below it, or padded to that. */
const columns = ['epoch', 'train loss', 'val loss', 'val accuracy', '      lr', 'steps/s']

/** Columns for a model of several outputs, whose accuracies are among the metrics. */
const columnsOfSeveral = columns.filter((title) => title !== 'val accuracy')

/** Returns the width of a metric's column: that of its name, but enough for any number, and 16 at most. */
const metricWidth = (name: string): number => Math.min(16, Math.max(8, name.length))

/**
 * Returns the metrics that are single numbers, with the accuracies and losses of several outputs. The monitored one is
 * first and losses are last: a narrow terminal leaves out the last.
 */
function numericMetrics({ metrics, monitor, data }: Experiment): string[] {
  const numeric = Object.keys(metrics).filter((name) => metrics[name]!.goal !== undefined)
  const results = Object.keys(outputResults(data.validation.y))
  const isLoss = (name: string): boolean => results.includes(name) && name.endsWith('.loss')
  const rank = (name: string): number => (name === monitor ? 0 : isLoss(name) ? 2 : 1)
  return [...results, ...numeric].sort((a, b) => rank(a) - rank(b))
}

/** Relative decline from the best epoch to the last from which on the report says so. */
const notable = 0.05

/** Prints the progress of a run: a line for each epoch, and on a terminal a progress bar. */
export class TrainReport {
  readonly #experiment: Experiment
  readonly #command: string
  readonly #folder: string
  readonly #output: Output
  readonly #line: StatusLine
  #bar: ProgressBar | undefined
  /** Value of the monitored quantity after the last epoch. */
  #last: number | undefined
  #best: { readonly value: number; readonly epoch: number } | undefined
  /** Number of the latest epoch, counted from 0. */
  #epoch = 0
  /** The highest learning rate of the run so far. */
  #peak = 0
  readonly #trainLoss = new Course()
  readonly #validationLoss = new Course()

  constructor(output: Output, experiment: Experiment, command: string, folder: string) {
    this.#experiment = experiment
    this.#command = command
    this.#folder = folder
    this.#output = output
    this.#line = new StatusLine(output)
  }

  event(event: TrainEvent): void {
    if (event.type === 'steps') {
      for (const lr of Array.from(event.lrs)) this.#peak = Math.max(this.#peak, lr)
      for (const loss of Array.from(event.losses)) this.#trainLoss.add(loss)
      this.#bar?.draw(event)
    } else this.#line.print(this.#textOf(event))
    if (event.type === 'epoch') this.#bar?.learn(event)
    if (event.type === 'start' && this.#output.isTerminal) this.#bar = new ProgressBar(this.#line, event)
  }

  #textOf(event: Exclude<TrainEvent, StepsEvent>): string {
    if (event.type === 'start') return this.#header(event)
    if (event.type === 'end') return this.#farewell(event)
    if (event.type === 'test') return testText(event, this.#experiment)
    this.#learn(event)
    return line(this.#columns, this.#shown, event)
  }

  get #columns(): readonly string[] {
    return this.#experiment.data.validation.y.tensors ? columnsOfSeveral : columns
  }

  /** Metrics that are shown in columns: the first ones, as many as fit. events.jsonl has them all. */
  get #shown(): string[] {
    const names = numericMetrics(this.#experiment)
    const fits = (count: number): boolean =>
      line(this.#columns, names.slice(0, count)).length <= this.#output.columns
    return names.filter((_, i) => fits(i + 1))
  }

  /** Remembers the best value so far of the monitored quantity, with the first epoch that reached it. */
  #learn(event: EpochEvent): void {
    const value = monitored(this.#experiment, event)
    const sign = goalOf(this.#experiment) === 'max' ? -1 : 1
    this.#epoch = event.epoch
    this.#last = value
    this.#validationLoss.add(event.validationLoss)
    if (Number.isNaN(value) || (this.#best && sign * value >= sign * this.#best.value)) return
    this.#best = { value, epoch: event.epoch }
  }

  /** Erases the progress bar. */
  close(): void {
    this.#line.clear()
  }

  #header({ stepsPerEpoch, epochs, steps, parameters, warnings = [] }: StartEvent): string {
    const { name, batchSize, seed } = this.#experiment
    const size = `steps of ${batchSize}`
    const epoch = stepsPerEpoch === undefined ? size : `${count(stepsPerEpoch)} ${size}`
    const isWhole = epochs !== undefined && (stepsPerEpoch === undefined || steps === epochs * stepsPerEpoch)
    const work = isWhole ? `${counted(epochs, 'epoch')} of ${epoch}` : `${count(steps!)} ${size}`
    const about = [`${name}`, `${count(parameters)} parameters`, work, `seed ${seed}`]
    const said = warnings.map((warning) => `warning: ${warning}\n`).join('')
    return `${about.join(' · ')}\n${said}\n${line(this.#columns, this.#shown)}`
  }

  #farewell({ steps, time, because }: EndEvent): string {
    return [
      '',
      ...this.#curves(),
      `${count(steps)} steps in ${duration(time.seconds)}${this.#bestText()}`,
      ...this.#declineText(),
      because,
      `stored in ${this.#folder}: run.json, events.jsonl, model.safetensors`,
      '',
      'try next:',
      ...this.#next(steps).map((command) => `  ${command}`),
    ].join('\n')
  }

  /** Returns the curves of the losses as lines of blocks; none if the output is no terminal. */
  #curves(): string[] {
    if (!this.#output.isTerminal) return []
    const curves = { 'train loss': this.#trainLoss, 'val loss': this.#validationLoss }
    const lines = Object.entries(curves).flatMap(([name, { values }]) =>
      values.length > 1 ? [`${name.padEnd(10)}  ${sparkline(values, 40)}`] : [],
    )
    return lines.length > 0 ? [...lines, ''] : []
  }

  /** Says that the last epoch is much worse than the best one; nothing otherwise. */
  #declineText(): string[] {
    if (this.#best === undefined || this.#last === undefined) return []
    const { value } = this.#best
    const decline = Math.abs(this.#last - value) / Math.abs(value)
    if (!(decline >= notable)) return []
    const share = decline < 10 ? `${Math.round(100 * decline)} %` : 'far'
    return [`the last epoch is ${share} worse; --best makes eval, predict and export use the best one`]
  }

  #bestText(): string {
    if (this.#best === undefined) return ''
    const { monitor } = this.#experiment
    const { value, epoch } = this.#best
    return `, best ${metricText(monitor)} ${scoreText(value, monitor)} after epoch ${epoch + 1}`
  }

  /** Returns texts of commands to try next, without any that would repeat this run. */
  #next(steps: number): string[] {
    const { seed } = this.#experiment
    const curve = `warmup 5% + cosine ${figure(this.#peak, 4)} to 0`
    const isOther = this.#best !== undefined && this.#best.epoch < this.#epoch
    return [
      ...(isOther ? [shellCommand(['npx', 'evenstep', 'eval', this.#folder, '--best'])] : []),
      `${this.#command} --seed ${seed + 1}`,
      this.#command.replace(' train ', ' find-lr '),
      ...(this.#hasRate(curve, steps)
        ? []
        : [
            `${this.#command} --set 'optimizer.lr=${curve}'`,
            `npx evenstep schedule '${curve}' --steps ${steps}`,
          ]),
    ]
  }

  /** Whether the run's learning rate was the same as in the schedule that a text specifies, at every step. */
  #hasRate(text: string, steps: number): boolean {
    const { lr } = optimizerOf(this.#experiment).spec
    if (typeof lr !== 'function' || this.#peak === 0) return this.#peak === 0
    const curve = over(text, steps)
    const rate = isSchedule(lr) ? over(lr, steps) : lr
    const isNear = (step: number): boolean => Math.abs(Number(rate(step)) - curve(step)) <= 1e-3 * this.#peak
    return Array.from({ length: steps }, (_, step) => step).every(isNear)
  }
}

/** Returns a line of the table, of the titles or of an epoch's values, right-aligned and cut to their columns. */
function line(titles: readonly string[], metrics: readonly string[], event?: EpochEvent): string {
  const texts: Readonly<Record<string, string>> = event ? textsOf(event) : {}
  const cells = [
    ...titles.map((title) => ({ text: texts[title.trim()] ?? title, width: title.length })),
    ...metrics.map((name) => ({
      text: event ? cellOf(event.metrics?.[name], name) : name,
      width: metricWidth(name),
    })),
  ]
  return cells.map(({ text, width }) => text.slice(0, width).padStart(width)).join('  ')
}

/** Returns the texts of an epoch's values, by the titles of their columns. */
function textsOf({ epoch, trainLoss, validationLoss, validationAccuracy, lr, time }: EpochEvent) {
  return {
    epoch: String(epoch + 1),
    'train loss': lossCell(trainLoss),
    'val loss': lossCell(validationLoss),
    'val accuracy': validationAccuracy === undefined ? dash : percent(validationAccuracy, 2),
    lr: figure(lr, 4),
    'steps/s': count(time.stepsPerSecond),
  }
}

/** Returns the text of a loss in the table: with four decimals, where these fit into the narrower column. */
function lossCell(value: number): string {
  const text = value.toFixed(4)
  return text.length <= 'val loss'.length ? text : significant(value, 4)
}

/** Returns the text of a metric's value in the table; a dash if the value is not a number. */
function cellOf(value: unknown, name: string): string {
  if (typeof value !== 'number' || Number.isNaN(value)) return dash
  return name.endsWith('.accuracy') ? percent(value, 2) : significant(value, 4)
}

/** A progress bar for a run, with its speed, time left, latest loss and learning rate. */
class ProgressBar {
  readonly #line: StatusLine
  readonly #epochs: number | undefined
  readonly #begun = performance.now()
  /** Number of steps in the whole run; undefined until it is known. */
  #total: number | undefined
  #drawn = 0

  constructor(line: StatusLine, { steps, epochs }: StartEvent) {
    this.#line = line
    this.#total = steps
    this.#epochs = epochs
  }

  /** Estimates from finished epochs the number of steps in a run on a stream, which is unknown at first. */
  learn({ epoch, steps }: EpochEvent): void {
    if (this.#epochs !== undefined) this.#total ??= (this.#epochs * steps) / (epoch + 1)
  }

  draw({ step, losses, lrs }: StepsEvent): void {
    const now = performance.now()
    if (now - this.#drawn < 100) return
    this.#drawn = now
    const done = step + losses.length
    const speed = (done / (now - this.#begun)) * 1e3
    const [loss, lr] = [losses[losses.length - 1]!, lrs[lrs.length - 1]!]
    const parts = [...this.#progress(done, speed), `loss ${significant(loss, 4)}`, `lr ${figure(lr, 4)}`]
    this.#line.draw(parts.join('  '))
  }

  #progress(done: number, speed: number): string[] {
    const pace = `${count(speed)} steps/s`
    const total = this.#total
    if (total === undefined) return [`${count(done)} steps`, pace]
    const filled = Math.min(24, Math.round((24 * done) / total))
    const bar = `${'━'.repeat(filled)}${'─'.repeat(24 - filled)}`
    const left = duration(Math.ceil((total - done) / speed))
    return [`${bar} ${Math.floor((100 * done) / total)} %`, pace, `${left} left`]
  }
}
