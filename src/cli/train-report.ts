import { shellCommand } from '../core/shell.ts'
import { count, counted, duration, figure } from '../core/text.ts'
import { over } from '../schedule/index.ts'
import { isSchedule } from '../schedule/schedule.ts'
import { metricText, scoreText } from '../study/analysis/words.ts'
import type { EndEvent, EpochEvent, StartEvent, StepsEvent, TrainEvent } from '../train/event.ts'
import { type Experiment, goalOf } from '../train/experiment.ts'
import { optimizerOf } from '../train/run-optimizer.ts'
import { monitored } from '../train/train.ts'
import { declineText, type Score } from './decline-text.ts'
import { EpochTable } from './epoch-table.ts'
import type { Output } from './output.ts'
import { ProgressBar } from './progress-bar.ts'
import { Course, sparkline } from './sparkline.ts'
import { StatusLines } from './status-lines.ts'
import { testText } from './test-text.ts'

/** Prints the progress of a run: a line for each epoch; and on a terminal a progress bar above the course of the loss. */
export class TrainReport {
  readonly #experiment: Experiment
  readonly #command: string
  readonly #folder: string
  readonly #output: Output
  readonly #lines: StatusLines
  readonly #table: EpochTable
  #bar: ProgressBar | undefined
  #last: Score | undefined
  #best: Score | undefined
  /** The highest learning rate of the run so far. */
  #peak = 0
  readonly #trainLoss = new Course()
  readonly #validationLoss = new Course()

  constructor(output: Output, experiment: Experiment, command: string, folder: string) {
    this.#experiment = experiment
    this.#command = command
    this.#folder = folder
    this.#output = output
    this.#lines = new StatusLines(output)
    this.#table = new EpochTable(experiment, output.columns)
  }

  event(event: TrainEvent): void {
    if (event.type === 'steps') {
      for (const lr of Array.from(event.lrs)) this.#peak = Math.max(this.#peak, lr)
      for (const loss of Array.from(event.losses)) this.#trainLoss.add(loss)
      this.#bar?.draw(event)
    } else {
      if (event.type === 'end') this.#bar = undefined
      this.#lines.print(this.#textOf(event))
      this.#bar?.again()
    }
    if (event.type === 'epoch') this.#bar?.learn(event)
    if (event.type === 'start' && this.#output.isTerminal) this.#bar = this.#newBar(event)
  }

  #newBar(event: StartEvent): ProgressBar {
    return new ProgressBar(this.#lines, event, this.#trainLoss, () => this.#output.columns)
  }

  #textOf(event: Exclude<TrainEvent, StepsEvent>): string {
    if (event.type === 'start') return this.#header(event)
    if (event.type === 'end') return this.#farewell(event)
    if (event.type === 'test') return testText(event, this.#experiment)
    this.#learn(event)
    return this.#table.line(event)
  }

  /** Remembers the best value so far of the monitored quantity, with the first epoch that reached it. */
  #learn(event: EpochEvent): void {
    const value = monitored(this.#experiment, event)
    const sign = goalOf(this.#experiment) === 'max' ? -1 : 1
    const { epoch, trainLoss } = event
    this.#last = { value, epoch, trainLoss }
    this.#validationLoss.add(event.validationLoss)
    if (Number.isNaN(value) || (this.#best && sign * value >= sign * this.#best.value)) return
    this.#best = this.#last
  }

  /** Erases the progress bar and the course of the loss. */
  close(): void {
    this.#lines.clear()
  }

  #header({ stepsPerEpoch, epochs, steps, parameters, warnings = [] }: StartEvent): string {
    const { name, batchSize, seed } = this.#experiment
    const size = `steps of ${batchSize}`
    const epoch = stepsPerEpoch === undefined ? size : `${count(stepsPerEpoch)} ${size}`
    const isWhole = epochs !== undefined && (stepsPerEpoch === undefined || steps === epochs * stepsPerEpoch)
    const work = isWhole ? `${counted(epochs, 'epoch')} of ${epoch}` : `${count(steps!)} ${size}`
    const about = [`${name}`, `${count(parameters)} parameters`, work, `seed ${seed}`]
    const said = warnings.map((warning) => `warning: ${warning}\n`).join('')
    return `${about.join(' · ')}\n${said}\n${this.#table.line()}`
  }

  #farewell({ steps, time, because }: EndEvent): string {
    return [
      '',
      ...this.#curves(),
      `${count(steps)} steps in ${duration(time.seconds)}${this.#bestText()}`,
      ...(this.#best ? declineText(this.#best, this.#last!) : []),
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
    const isOther = this.#best !== undefined && this.#best.epoch < this.#last!.epoch
    return [
      ...(isOther ? [shellCommand(['npx', 'evenstep', 'eval', this.#folder, '--best'])] : []),
      `${this.#command} --seed ${seed + 1}`,
      this.#command.replace(/^mpirun -n \d+ /, '').replace(' train ', ' find-lr '),
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
