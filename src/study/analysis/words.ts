import type { Value } from '../trial.ts'
import type { Estimate } from './findings.ts'

/** A number in three significant digits, as one writes it. */
export const figure = (x: number): string => {
  const size = Math.abs(x)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return x.toExponential(1).replace('e+', 'e')
  return String(Number(x.toPrecision(3)))
}

/** Whether a metric is a part of a whole, told in per cent. */
const isPart = (metric: string): boolean => /accuracy|precision|recall|f1|topk/i.test(metric)

/** A metric's value: `97.81 %` of an accuracy, else in four significant digits. */
export const scoreText = (value: number, metric: string): string =>
  isPart(metric) ? `${(100 * value).toFixed(2)} %` : String(Number(value.toPrecision(4)))

/** A difference of metrics: points of an accuracy. */
export const differenceText = (value: number, metric: string): string =>
  isPart(metric) ? `${(100 * value).toFixed(2)} points` : figure(value)

/** A score with its interval. */
export const estimateText = ({ value, interval }: Estimate, metric: string): string =>
  interval
    ? `${scoreText(value, metric)} (95 % interval ${scoreText(interval[0], metric)} to ${scoreText(interval[1], metric)})`
    : scoreText(value, metric)

/** `validationAccuracy` as `validation accuracy`. */
export const metricText = (metric: string): string => metric.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)

/** A setting's value: texts as they are, numbers short, the rest as JSON. */
export const valueText = (value: Value): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? figure(value) : JSON.stringify(value)

/** Settings in words: `normalization batch, schedule linear, lr 0.3`. */
export const settingsText = (settings: Readonly<Record<string, Value>>): string =>
  Object.entries(settings)
    .map(([factor, value]) => `${factor} ${valueText(value)}`)
    .join(', ')

/** A sentence's beginning. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
