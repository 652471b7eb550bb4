import { count, figure, percent } from '../../core/text.ts'
import type { Interval } from '../../train/intervals.ts'
import type { Settings, Value } from '../trial.ts'
import type { Estimate } from './findings.ts'

/** Whether a metric, judged by its name, ranges from 0 to 1 and is shown as a percentage. */
export const isShare = (metric: string): boolean => /accuracy|precision|recall|f1|topk/i.test(metric)

/** Formats a metric's value: `97.81 %` for an accuracy or another fraction, else four significant digits. */
export const scoreText = (value: number, metric: string): string =>
  isShare(metric) ? percent(value, 2) : figure(value, 4)

/** Formats the difference of two values of a metric; for an accuracy, in percentage points: `0.52 points`. */
export const differenceText = (value: number, metric: string): string =>
  isShare(metric) ? `${(100 * value).toFixed(2)} points` : figure(value)

/** Formats a mean score, followed by its 95 % interval if there is one. */
export const estimateText = ({ value, interval }: Estimate, metric: string): string =>
  interval
    ? `${scoreText(value, metric)} (95 % interval ${interval.map((x) => scoreText(x, metric)).join(' to ')})`
    : scoreText(value, metric)

/** Formats the ends of an interval of single measurements: `0.1 to 0.3`. */
export const rangeText = ({ low, high }: Interval, format: (value: number) => string): string =>
  `${format(low)} to ${format(high)}`

/** Says by which method an interval was found. */
export const methodText = ({ method, resamples }: Interval): string =>
  method === 'wilson' ? 'Wilson' : `bootstrap, ${count(resamples!)} resamples`

/** Formats an interval in brackets, with the method by which it was found. */
export const intervalText = (interval: Interval | undefined, format: (value: number) => string): string =>
  interval ? `(95 % interval ${rangeText(interval, format)}; ${methodText(interval)})` : '(no interval)'

/** Splits a metric's camel-case name into words: `validationAccuracy` becomes `validation accuracy`. */
export const metricText = (metric: string): string => metric.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)

/** Formats a setting's value for a sentence: a string unchanged, a number to three digits, other values as JSON. */
export const valueText = (value: Value): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? figure(value) : JSON.stringify(value)

/** Formats settings for a sentence: `normalization batch, schedule linear, lr 0.3`. */
export const settingsText = (settings: Settings): string =>
  Object.entries(settings)
    .map(([factor, value]) => `${factor} ${valueText(value)}`)
    .join(', ')

/** Capitalizes the first letter of a sentence. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
