import type { Data } from '../../core/dtype.ts'
import type { Shape } from '../../core/shape.ts'

/** Outputs of a model and targets of the same examples, each concatenated into one array. */
export interface Predictions {
  /** Model outputs. For a classifier, scores before softmax `[n, classes, …]`, or one logit of class 1 per label. */
  readonly output: Data
  /** Targets: labels `[n, …]`; one-hot, soft or multiple labels, of the shape of `output`; or numbers to regress. */
  readonly target: Data
  /** Number of examples. */
  readonly length: number
  /**
   * Shapes of `output` and `target`, with examples on axis 0. @default inferred from the numbers of elements:
   * `[n, classes]` with labels `[n]`, `[n, classes, positions]` with labels `[n, positions]`, or `[n, width]` for
   * both if they have equally many elements
   */
  readonly shapes?: { readonly output: Shape; readonly target: Shape }
  /** Label value that is ignored. */
  readonly ignoreIndex?: number
}

/** Result of a metric: a number, a list with one number per class, or a matrix as a list of rows. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[]

/**
 * A metric of predictions, computed by folding over batches, with plain data as state. The result does not depend on
 * how the examples are split into batches.
 *
 * @example const f1 = metric.result(batches.reduce(metric.update, metric.initial))
 */
export interface Metric<State = unknown> {
  /** Type and options of the metric, as JSON. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly type: string }
  /** Whether a larger or a smaller result is better; absent when the result is not one number. */
  readonly goal?: 'max' | 'min'
  /** State before the first batch. */
  readonly initial: State
  /** Returns the state after another batch. @throws {ArgumentError} when the predictions do not suit the metric. */
  update(state: State, predictions: Predictions): State
  /** Returns the result; NaN where it is undefined for the examples seen, as `reason` explains. */
  result(state: State): MetricValue
  /** Returns why the result is or contains NaN; undefined when it does not. */
  reason?(state: State): string | undefined
}

/** Metrics by name, such as `{ f1: metrics.f1() }`. */
export type Metrics = Readonly<Record<string, Metric>>

/** Results of several metrics. */
export interface Measurements {
  /** Result of each metric, by the metric's name. */
  readonly metrics: Readonly<Record<string, MetricValue>>
  /** Why a metric is NaN, by the metric's name; absent when no metric is NaN. */
  readonly reasons?: Readonly<Record<string, string>>
}

/** Computes several metrics of the same predictions, batch by batch. */
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

/** State of `meanMetric`: sum and number of the values seen so far. */
interface Mean {
  readonly sum: number
  readonly count: number
}

/**
 * Returns a metric that applies the function `result` to the mean of some values. The metric is NaN, with a reason, if
 * there are no values.
 *
 * @param valuesOf returns the values for a batch of predictions, one for each target that is not ignored
 */
export const meanMetric = (
  spec: Metric['spec'],
  goal: 'max' | 'min',
  valuesOf: (predictions: Predictions) => ArrayLike<number>,
  result: (mean: number) => number = (mean) => mean,
): Metric => ({
  spec,
  goal,
  initial: { sum: 0, count: 0 },
  update(state, predictions) {
    const values = valuesOf(predictions)
    const { count } = state as Mean
    let { sum } = state as Mean
    for (let i = 0; i < values.length; i++) sum += values[i]!
    return { sum, count: count + values.length }
  },
  result(state) {
    const { sum, count } = state as Mean
    return result(sum / count)
  },
  reason: (state) => ((state as Mean).count === 0 ? `${spec.type}: no target counts` : undefined),
})
