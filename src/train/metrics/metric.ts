import type { Data } from '../../core/dtype.ts'

/** Outputs of a model for some examples with their targets, one example after another. */
export interface Predictions {
  /** A classifier's row of scores for each label, before any softmax, or one logit of class 1 each. */
  readonly output: Data
  readonly target: Data
  /** Number of examples. */
  readonly length: number
}

/** One number, a list of one a class, or a matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[]

/**
 * A measure of predictions: a fold over batches, whose state is plain data. The result does not depend on how
 * the examples were cut into batches.
 *
 * @example const f1 = metric.result(batches.reduce(metric.update, metric.initial))
 */
export interface Metric<State = unknown> {
  /** `type` and options, as JSON. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly type: string }
  /** Whether more or less is better; absent when the result is not one number. */
  readonly goal?: 'max' | 'min'
  /** The state before any example. */
  readonly initial: State
  /** The state after more examples. @throws {ArgumentError} when outputs and targets do not fit the metric. */
  update(state: State, predictions: Predictions): State
  /** The result, NaN where the examples do not define it; `reason` says why. */
  result(state: State): MetricValue
  /** Says why a number of the result is NaN; undefined when none is. */
  reason?(state: State): string | undefined
}

/** Metrics by the name of their results. */
export type Metrics = Readonly<Record<string, Metric>>

/** Results by name. */
export interface Measurements {
  readonly metrics: Readonly<Record<string, MetricValue>>
  /** Why a metric is NaN, by name; absent when none is. */
  readonly reasons?: Readonly<Record<string, string>>
}

/** Folds several metrics over the same predictions. */
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
