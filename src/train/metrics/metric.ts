import type { Data } from '../../core/dtype.ts'

/** Outputs of a model and the targets of the same examples, concatenated. */
export interface Predictions {
  /** Model outputs. Of a classifier: a row of scores before softmax, or one logit of class 1, per label. */
  readonly output: Data
  readonly target: Data
  /** Number of examples. */
  readonly length: number
}

/** Result of a metric: a number, a list with one number per class, or a matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[]

/**
 * A measure of predictions, computed as a fold over batches with plain data as its state. The result does not
 * depend on how the examples were split into batches.
 *
 * @example const f1 = metric.result(batches.reduce(metric.update, metric.initial))
 */
export interface Metric<State = unknown> {
  /** Type and options of the metric, as JSON. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly type: string }
  /** Whether larger or smaller results are better; absent when the result is not one number. */
  readonly goal?: 'max' | 'min'
  /** State before the first batch. */
  readonly initial: State
  /** Returns the state after another batch. @throws {ArgumentError} when predictions do not suit the metric. */
  update(state: State, predictions: Predictions): State
  /** Returns the result; NaN where it is undefined for these examples, for the reason in `reason`. */
  result(state: State): MetricValue
  /** Returns why a number of the result is NaN; undefined when no number is. */
  reason?(state: State): string | undefined
}

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>

/** Results of several metrics. */
export interface Measurements {
  /** Results by name of the metric. */
  readonly metrics: Readonly<Record<string, MetricValue>>
  /** Why metrics are NaN, by name of the metric; absent when no metric is. */
  readonly reasons?: Readonly<Record<string, string>>
}

/** Accumulates several metrics over the same predictions. */
export class Measures {
  readonly #metrics: Metrics
  readonly #states: Map<string, unknown>

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#states = new Map(Object.entries(metrics).map(([name, { initial }]) => [name, initial]))
  }

  add(predictions: Predictions): void {
    for (const [name, metric] of Object.entries(this.#metrics)) {
      this.#states.set(name, metric.update(this.#states.get(name), predictions))
    }
  }

  get results(): Measurements {
    const each = <T>(f: (metric: Metric, state: unknown) => T): [string, T][] =>
      Object.entries(this.#metrics).map(([name, metric]) => [name, f(metric, this.#states.get(name))])
    const metrics = Object.fromEntries(each((metric, state) => metric.result(state)))
    const reasons = each((metric, state) => metric.reason?.(state)).filter(([, text]) => text !== undefined)
    return reasons.length === 0 ? { metrics } : { metrics, reasons: Object.fromEntries(reasons) as never }
  }
}

/** Sum and number of the values seen so far. */
interface Mean {
  readonly sum: number
  readonly count: number
}

/**
 * Returns a metric that is the mean of one value per target, or a function `result` of this mean.
 *
 * @param valuesOf returns a function that computes the value of target `i` of a batch
 */
export const meanMetric = (
  spec: Metric['spec'],
  goal: 'max' | 'min',
  valuesOf: (predictions: Predictions) => (i: number) => number,
  result: (mean: number) => number = (mean) => mean,
): Metric => ({
  spec,
  goal,
  initial: { sum: 0, count: 0 },
  update(state, predictions) {
    const { length } = predictions.target
    const value = valuesOf(predictions)
    const { count } = state as Mean
    let { sum } = state as Mean
    for (let i = 0; i < length; i++) sum += value(i)
    return { sum, count: count + length }
  },
  result(state) {
    const { sum, count } = state as Mean
    return result(sum / count)
  },
})
