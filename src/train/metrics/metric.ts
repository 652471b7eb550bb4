import type { Data } from '../../core/dtype.ts'
import { mismatch, unknownName } from '../../core/mismatch.ts'

/** What a model said of some examples, and what it should have said, one example after another. */
export interface Predictions {
  /** Of a classifier, a row of scores for each label: before any softmax, or one logit of class 1. */
  readonly output: Data
  readonly target: Data
  /** How many examples. */
  readonly length: number
}

/** One number, a list of one a class, or a matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[]

/**
 * A measure of predictions: a fold over batches, whose state is plain data. The result does not depend on how the
 * examples were cut into batches.
 *
 * @example const f1 = metric.result(batches.reduce(metric.update, metric.initial))
 */
export interface Metric<State = unknown> {
  /** `type` and options, as JSON. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly type: string }
  /** Which way is better; absent where the result is not one number. */
  readonly goal?: 'max' | 'min'
  /** The state before any example. */
  readonly initial: State
  /** The state after more examples. @throws {ArgumentError} when outputs and targets do not fit the metric. */
  update(state: State, predictions: Predictions): State
  /** NaN where the examples do not define it; `reason` says why. */
  result(state: State): MetricValue
  /** Why a number of the result is NaN, where one is. */
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

/** Several metrics of the same predictions. */
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

/** Refuse options that a metric does not have. */
export function checkNames(who: string, options: object, names: readonly string[]): void {
  const stranger = Object.keys(options).find((name) => !names.includes(name))
  if (stranger !== undefined) throw unknownName(who, names, stranger)
}

/** Refuse a value that is not one of `allowed`. */
export function checkChoice(who: string, name: string, allowed: readonly unknown[], value: unknown): void {
  const written = allowed.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice)))
  const list = `${written.slice(0, -1).join(', ')} or ${written.at(-1)}`
  if (!allowed.includes(value)) throw mismatch(who, `${name} as ${list}`, value)
}
