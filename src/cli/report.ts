import type { EndEvent, EpochEvent, StartEvent, StepsEvent, TrainEvent } from '../train/event.ts'
import type { Experiment } from '../train/experiment.ts'

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US')

/** A number in four significant digits. */
const short = (x: number): string => (Math.abs(x) < 1e-3 && x !== 0 ? x.toExponential(2) : x.toPrecision(4))

const columns = ['epoch', 'train loss', 'val loss', 'val accuracy', 'lr', 'steps/s'] as const

/** The metrics that have a column: the first few that are one number. All are in events.jsonl. */
const shown = ({ metrics }: Experiment): string[] =>
  Object.keys(metrics)
    .filter((name) => metrics[name]!.goal !== undefined)
    .slice(0, 3)

/** Tells a person about a run: a line an epoch, and on a terminal a progress bar between. */
export class Report {
  readonly #experiment: Experiment
  readonly #command: string
  readonly #folder: string
  readonly #bar: Bar | undefined
  #best = Number.POSITIVE_INFINITY
  /** The highest rate of the run. */
  #peak = 0

  constructor(experiment: Experiment, command: string, folder: string) {
    this.#experiment = experiment
    this.#command = command
    this.#folder = folder
    this.#bar = process.stdout.isTTY ? new Bar() : undefined
  }

  event(event: TrainEvent): void {
    if (event.type === 'steps') {
      for (const lr of Array.from(event.lrs)) this.#peak = Math.max(this.#peak, lr)
      this.#bar?.draw(event)
    } else this.#line(this.#textOf(event))
    if (event.type === 'epoch') this.#bar?.learn(event)
    if (event.type === 'start') this.#bar?.start(event)
  }

  #textOf(event: Exclude<TrainEvent, StepsEvent>): string {
    if (event.type === 'start') return this.#header(event)
    if (event.type === 'end') return this.#farewell(event)
    this.#best = Math.min(this.#best, event.validationLoss)
    return row(event, shown(this.#experiment))
  }

  /** Leave the terminal as it was. */
  close(): void {
    this.#bar?.clear()
  }

  #line(text: string): void {
    this.#bar?.clear()
    process.stdout.write(`${text}\n`)
  }

  #header({ stepsPerEpoch, epochs, steps, parameters }: StartEvent): string {
    const { name, batchSize, seed } = this.#experiment
    const size = `steps of ${batchSize}`
    const some = stepsPerEpoch === undefined ? size : `${thousands(stepsPerEpoch)} ${size}`
    const whole = epochs !== undefined && (stepsPerEpoch === undefined || steps === epochs * stepsPerEpoch)
    const work = whole
      ? `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of ${some}`
      : `${thousands(steps!)} ${size}`
    const about = [`${name}`, `${thousands(parameters)} parameters`, work, `seed ${seed}`]
    return `${about.join(' · ')}\n\n${line([...columns, ...shown(this.#experiment)])}`
  }

  #farewell({ steps, time }: EndEvent): string {
    const curve = `warmup ${Math.ceil(steps / 20)} + cosine ${short(this.#peak)} to 0 over ${steps}`
    return [
      '',
      `${thousands(steps)} steps in ${time.seconds.toFixed(2)} s, best validation loss ${short(this.#best)}`,
      `stored in ${this.#folder}: run.json, events.jsonl, model.safetensors`,
      '',
      'try next:',
      `  ${this.#command} --seed ${this.#experiment.seed + 1}`,
      `  ${this.#command.replace(' train ', ' find-lr ')}`,
      `  ${this.#command} --set 'optimizer.lr=${curve}'`,
      `  npx evenstep schedule '${curve}' --steps ${steps}`,
    ].join('\n')
  }
}

const width = 14

/** Cells at the right of their columns; long names are cut. */
const line = (cells: readonly string[]): string =>
  cells.map((cell) => cell.slice(0, width - 2).padStart(width)).join('')

function row(event: EpochEvent, names: readonly string[]): string {
  const { epoch, trainLoss, validationLoss, validationAccuracy, lr, time, metrics } = event
  const accuracy = validationAccuracy === undefined ? '–' : `${(100 * validationAccuracy).toFixed(2)} %`
  const cells = [
    String(epoch + 1),
    trainLoss.toFixed(4),
    validationLoss.toFixed(4),
    accuracy,
    short(lr),
    thousands(time.stepsPerSecond),
    ...names.map((name) => cellOf(metrics?.[name])),
  ]
  return line(cells)
}

/** A dash where a metric is not defined. */
const cellOf = (value: unknown): string =>
  typeof value === 'number' && !Number.isNaN(value) ? short(value) : '–'

/** A line that is drawn again and again: how far the run is, how fast, and how long it will take. */
class Bar {
  #epochs: number | undefined
  /** Steps of the run, once that is known. */
  #total: number | undefined
  #begun = 0
  #drawn = 0

  start({ steps, epochs }: StartEvent): void {
    this.#total = steps
    this.#epochs = epochs
    this.#begun = performance.now()
  }

  /** An epoch that ended tells how long the others are. */
  learn({ epoch, steps }: EpochEvent): void {
    if (this.#epochs !== undefined) this.#total ??= (this.#epochs * steps) / (epoch + 1)
  }

  draw({ step, losses, lrs }: StepsEvent): void {
    const now = performance.now()
    if (now - this.#drawn < 100) return
    this.#drawn = now
    const done = step + losses.length
    const speed = (done / (now - this.#begun)) * 1e3
    const parts = [
      ...this.#progress(done, speed),
      `loss ${short(losses[losses.length - 1]!)}`,
      `lr ${short(lrs[lrs.length - 1]!)}`,
    ]
    const line = parts.join('  ').slice(0, (process.stdout.columns || 80) - 1)
    process.stdout.write(`\r\u001b[K${line}`)
  }

  #progress(done: number, speed: number): string[] {
    const pace = `${thousands(speed)} steps/s`
    const total = this.#total
    if (total === undefined) return [`${thousands(done)} steps`, pace]
    const filled = Math.min(24, Math.round((24 * done) / total))
    const bar = `${'━'.repeat(filled)}${'─'.repeat(24 - filled)}`
    return [
      `${bar} ${Math.floor((100 * done) / total)} %`,
      pace,
      `${Math.ceil((total - done) / speed)} s left`,
    ]
  }

  clear(): void {
    process.stdout.write('\r\u001b[K')
  }
}
