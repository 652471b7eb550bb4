import type { Data } from '../../core/dtype.ts'
import { mismatch } from '../../core/mismatch.ts'
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
  /** Weight of each example, ≥ 0. @default 1 each */
  readonly weights?: ArrayLike<number>
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
  /** Whether `update` counts each example by its weight in `weights`. @default false: examples with weights are refused */
  readonly weighs?: boolean
  /** State before the first batch. */
  readonly initial: State
  /** Returns the state after another batch. @throws {ArgumentError} when the predictions do not suit the metric. */
  update(state: State, predictions: Predictions): State
  /** Returns the result; NaN where it is undefined for the examples seen, as `reason` explains. */
  result(state: State): MetricValue
  /** Returns why the result is or contains NaN; undefined when it does not. */
  reason?(state: State): string | undefined
}

/**
 * Checks that metrics count examples by their weights.
 *
 * @param weights weights of the examples; undefined if they have none
 * @throws {ArgumentError} naming the first metric that does not.
 */
export function checkWeighing(metrics: Metrics, weights: unknown): void {
  const ignoring = Object.entries(metrics).find(([, { weighs }]) => !weighs)?.[0]
  if (weights === undefined || ignoring === undefined) return
  const fix = 'count each example by predictions.weights in update, and declare weighs: true'
  throw mismatch('metrics', 'metrics that count examples by their weights', ignoring, fix)
}

/**
 * Returns a function of the index of a row that returns the weight of its example.
 *
 * @param rows number of rows: one or several for each example, those of the first example first
 */
export function rowWeights({ weights }: Predictions, rows: number): (row: number) => number {
  if (weights === undefined) return () => 1
  const perExample = rows / weights.length
  return (row) => weights[Math.floor(row / perExample)]!
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

/** State of `meanMetric`: sum and number of the values seen so far, or sums of weighted values and of weights. */
interface Mean {
  readonly sum: number
  readonly count: number
}

/** Values of rows, and a function that returns the weight of a row's example. */
export interface RowValues {
  readonly values: ArrayLike<number>
  weightOf(row: number): number
}

/**
 * Returns a metric that applies the function `result` to the mean of some values. The metric is NaN, with a reason, if
 * there are no values.
 *
 * @param valuesOf returns the values for a batch of predictions, one for each target that is not ignored, and the
 *   weights of their examples
 */
export const meanMetric = (
  spec: Metric['spec'],
  goal: 'max' | 'min',
  valuesOf: (predictions: Predictions) => RowValues,
  result: (mean: number) => number = (mean) => mean,
): Metric => ({
  spec,
  goal,
  weighs: true,
  initial: { sum: 0, count: 0 },
  update(state, predictions) {
    const { values, weightOf } = valuesOf(predictions)
    let { sum, count } = state as Mean
    for (let i = 0; i < values.length; i++) {
      const weight = weightOf(i)
      sum += weight * values[i]!
      count += weight
    }
    return { sum, count }
  },
  result(state) {
    const { sum, count } = state as Mean
    return result(sum / count)
  },
  reason: (state) => ((state as Mean).count === 0 ? `${spec.type}: no target counts` : undefined),
})
