import { counted } from '../core/text.ts'
import { intervalText, metricText, scoreText } from '../study/analysis/words.ts'
import type { TestLine } from '../train/event-log.ts'
import type { Experiment } from '../train/experiment.ts'
import { nameWidth } from './measure-text.ts'

/** Returns lines for a measurement on test data: which model, on how many examples, and each value's interval. */
export function testText(test: TestLine, { monitor }: Pick<Experiment, 'monitor'>): string {
  const { weights, step, examples, before = 0, loss, accuracy, metrics, intervals = {} } = test
  const on = examples === undefined ? 'a stream' : counted(examples, 'example')
  const all = Object.entries({ loss, accuracy, ...metrics }).flatMap(([name, value]) =>
    typeof value === 'number' ? [{ name, value }] : [],
  )
  const width = nameWidth(all.map(({ name }) => name))
  const values = all.map(({ name, value }) => {
    const interval = intervalText(intervals[name], (end) => scoreText(end, name))
    return `  ${name.padEnd(width)} ${scoreText(value, name)} ${interval}`
  })
  const times = before === 0 ? 'once' : `${before + 1} times`
  return ['', `test, measured ${times}, on ${on}: ${weightsText(weights, step, monitor)}`, ...values].join(
    '\n',
  )
}

/** Says which model was measured, and on what it was chosen: weights are `final`, `best` or a checkpoint's name. */
export function weightsText(weights: string, step: number, monitor: string): string {
  if (weights === 'final') return `model at the end of the run, after ${counted(step, 'step')}`
  const which = weights === 'best' ? `the best by ${metricText(monitor)}, chosen on validation` : weights
  return `checkpoint after ${counted(step, 'step')}, ${which}`
}
