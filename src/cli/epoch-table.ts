import { count, dash, figure, percent, significant } from '../core/text.ts'
import type { EpochEvent } from '../train/event.ts'
import type { Experiment } from '../train/experiment.ts'
import { outputResults } from '../train/goals.ts'

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

/** A table of the epochs of a run, a line each. */
export class EpochTable {
  readonly #columns: readonly string[]
  /** Metrics that are shown in columns: the first ones, as many as fit. events.jsonl has them all. */
  readonly #metrics: readonly string[]

  /** @param width maximum width of a line in characters */
  constructor(experiment: Experiment, width: number) {
    const titles = experiment.data.validation.y.tensors ? columnsOfSeveral : columns
    const names = numericMetrics(experiment)
    this.#columns = titles
    this.#metrics = names.filter((_, i) => lineOf(titles, names.slice(0, i + 1)).length <= width)
  }

  /** Returns the line of an epoch or, without one, that of the titles. */
  line(event?: EpochEvent): string {
    return lineOf(this.#columns, this.#metrics, event)
  }
}

/** Returns a line of the table, of the titles or of an epoch's values, right-aligned and cut to their columns. */
function lineOf(titles: readonly string[], metrics: readonly string[], event?: EpochEvent): string {
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
