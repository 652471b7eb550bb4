import { pause } from '#platform'
import type { AbortSignalLike } from '../core/abort.ts'
import { middle95, resamples, samplesOf, wilson } from '../core/confidence.ts'
import type { Data } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Batch } from '../data/loader.ts'
import type { Evaluator } from './evaluator.ts'
import { inCalls } from './in-calls.ts'
import { readParts } from './loss-terms.ts'
import type { Metrics, Predictions } from './metrics/metric.ts'

/** A 95 % confidence interval of a value that was measured on examples. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** Wilson's score interval of a share of labels, or the percentile bootstrap over the examples. */
  readonly method: 'wilson' | 'bootstrap'
  /** Number of bootstrap resamples. */
  readonly resamples?: number
}

/** A quantity that is Σ total / Σ weight over the examples or, without weights, Σ total. */
interface Ratio {
  readonly total: number[]
  readonly weight?: number[]
}

/** Maximum number of the model's outputs to keep for the intervals of metrics: 256 MiB as float32. */
const mostOutputs = 2 ** 26

/** Collects what the intervals of an evaluation need: losses and hits of single examples, and the predictions. */
export class Intervals {
  readonly #metrics: Metrics
  #examples = 0
  /** Terms of the loss, whose sum it is. */
  readonly #loss: Ratio[] = []
  readonly #accuracy: Required<Ratio> = { total: [], weight: [] }
  /** Maximum number of labels of an example. */
  #labels = 0
  #predictions: Predictions[] = []
  #outputs = 0
  /** Whether the examples have weights. */
  #isWeighted = false
  /** Whether the model or the loss refuses a batch of one example. */
  #isRefused = false

  readonly #evaluate: ReturnType<typeof inCalls>

  /** Begins an evaluation without examples. @param metrics all metrics; those that are one number get an interval */
  constructor(metrics: Metrics, signal?: AbortSignalLike) {
    this.#metrics = metrics
    this.#evaluate = inCalls(signal)
  }

  /** Adds the examples of a stack of batches. @param single returns the evaluator for batches of one example */
  async add(batch: Batch, single: () => Promise<Evaluator>): Promise<void> {
    if (this.#isRefused) return
    try {
      const evaluator = await single()
      this.#isWeighted ||= batch.weights !== undefined
      const results = await this.#evaluate(evaluator.graph, { stack: batch, rows: 1 })
      this.#add(evaluator, results, batch.length)
    } catch (error) {
      if (!(error instanceof ShapeError || error instanceof ArgumentError)) throw error
      this.#isRefused = true
    }
  }

  #add(
    { kinds, labels, shapes }: Evaluator,
    measured: Awaited<ReturnType<Evaluator['graph']>>,
    n: number,
  ): void {
    const each = kinds
      ? readParts(kinds, measured.terms, 1)
      : Array.from({ length: n }, (_, i) => [{ total: Number(measured.loss[i]), weight: 1 }])
    for (const [k, { weight }] of each[0]!.entries())
      this.#loss[k] ??= weight === undefined ? { total: [] } : { total: [], weight: [] }
    for (const parts of each) {
      for (const [k, { total, weight }] of parts.entries()) {
        this.#loss[k]!.total.push(total)
        if (weight !== undefined) this.#loss[k]!.weight!.push(weight)
      }
    }
    this.#examples += n
    if (labels === undefined) return
    this.#labels = Math.max(this.#labels, labels === 'counted' ? sizeOf(shapes.target) : labels)
    for (let i = 0; i < n; i++) {
      this.#accuracy.total.push(Number(measured.hits[i]))
      this.#accuracy.weight.push(labels === 'counted' ? Number(measured.counted[i]) : labels)
    }
  }

  /** Adds the predictions for a stack of batches, from which metrics are computed. */
  addPredictions(predictions: Predictions): void {
    this.#outputs += predictions.output.length
    if (this.#outputs > mostOutputs) this.#predictions = []
    else this.#predictions.push({ ...predictions, target: predictions.target.slice() })
  }

  /**
   * Returns the intervals of loss, accuracy and metrics that are one number, by name: for one label an example, the
   * accuracy's is Wilson's; all others are bootstrapped. Left out are those that single examples do not decide: a loss
   * that is not made of the losses of each, as where a model looks at the whole batch, and with it all others; a
   * metric of parts of examples, or of more outputs than can be kept; and one that is NaN for some resample.
   *
   * @param loss loss over all examples, as the evaluation measured it
   * @throws the reason of `signal`, once it is aborted.
   */
  async of(loss: number, signal?: AbortSignalLike): Promise<Readonly<Record<string, Interval>>> {
    const n = this.#examples
    const [ratios, { total, weight }] = [this.#loss, this.#accuracy]
    const lossOf = (sample: ArrayLike<number>): number =>
      ratios.reduce((sum, one) => sum + ratioOf(one, sample), 0)
    const all = Int32Array.from({ length: n }, (_, i) => i)
    const gap = Math.abs(lossOf(all) - loss)
    if (this.#isRefused || n < 2 || !(gap <= 1e-4 * Math.max(Math.abs(loss), 1e-2))) return {}
    const statistics: Record<string, Statistic> = {
      loss: lossOf,
      ...((this.#labels > 1 || this.#isWeighted) &&
        this.#labels > 0 && { accuracy: (sample) => ratioOf(this.#accuracy, sample) }),
      ...this.#ofMetrics(n),
    }
    const { loss: ofLoss, ...others } = await bootstrapped(n, statistics, signal)
    const counted = weight.reduce((a, b) => a + b, 0)
    const [low, high] = wilson(
      total.reduce((a, b) => a + b, 0),
      counted,
    )
    const accuracy: Interval = { low, high, method: 'wilson' }
    return {
      ...(ofLoss && { loss: ofLoss }),
      ...(this.#labels === 1 && !this.#isWeighted && counted > 0 && { accuracy }),
      ...others,
    }
  }

  #ofMetrics(n: number): Record<string, Statistic> {
    const rows = this.#predictions.reduce((sum, { length }) => sum + length, 0)
    if (rows !== n) return {}
    const whole = joined(this.#predictions)
    const single = Object.entries(this.#metrics).filter(([, { goal }]) => goal !== undefined)
    const of = (metric: Metrics[string]) => (sample: ArrayLike<number>) =>
      metric.result(metric.update(metric.initial, gathered(whole, sample))) as number
    return Object.fromEntries(single.map(([name, metric]) => [name, of(metric)]))
  }
}

/** A quantity of the examples with these indices. */
type Statistic = (sample: ArrayLike<number>) => number

function ratioOf({ total, weight }: Ratio, sample: ArrayLike<number>): number {
  let [over, under] = [0, 0]
  for (let k = 0; k < sample.length; k++) {
    over += total[sample[k]!]!
    if (weight) under += weight[sample[k]!]!
  }
  return weight ? over / under : over
}

/** Returns the percentile bootstrap intervals of statistics of n examples; 2000 resamples up to n = 2500, then fewer. */
async function bootstrapped(
  n: number,
  statistics: Readonly<Record<string, Statistic>>,
  signal?: AbortSignalLike,
): Promise<Record<string, Interval>> {
  const count = Math.max(500, Math.min(resamples, Math.floor(5e6 / n)))
  const found = Object.entries(statistics).map(([name, of]) => ({
    name,
    of,
    values: new Float64Array(count),
  }))
  let paused = performance.now()
  let next = 0
  for (const sample of samplesOf(n, count)) {
    for (const { of, values } of found) values[next] = of(sample)
    next++
    if (performance.now() - paused < 50) continue
    await pause() // for signals and timers
    signal?.throwIfAborted()
    paused = performance.now()
  }
  const definite = found.filter(({ values }) => !values.some(Number.isNaN))
  return Object.fromEntries(
    definite.map(({ name, values }) => {
      const [low, high] = middle95(values.sort())
      return [name, { low, high, method: 'bootstrap', resamples: count }]
    }),
  )
}

/** Joins the predictions of several stacks. */
function joined(all: readonly Predictions[]): Predictions {
  const length = all.reduce((n, one) => n + one.length, 0)
  const weights = all[0]!.weights && { weights: all.flatMap((one) => Array.from(one.weights!)) }
  return withRows({ ...all[0]!, ...weights }, length, (key) => {
    const out = allocateLike(
      all[0]![key],
      all.reduce((n, one) => n + one[key].length, 0),
    )
    let at = 0
    for (const one of all) {
      out.set(one[key] as never, at)
      at += one[key].length
    }
    return out
  })
}

/** Returns the predictions for the examples with these indices. */
const gathered = (all: Predictions, sample: ArrayLike<number>): Predictions =>
  withRows({ ...all, ...gatheredWeights(all, sample) }, sample.length, (key) => {
    const width = all[key].length / all.length
    const out = allocateLike(all[key], sample.length * width)
    for (let k = 0, at = 0; k < sample.length; k++) {
      const first = sample[k]! * width
      for (let j = first; j < first + width; j++) out[at++] = all[key][j]!
    }
    return out
  })

function gatheredWeights(
  { weights, length }: Predictions,
  sample: ArrayLike<number>,
): Pick<Predictions, 'weights'> {
  return weights === undefined || weights.length !== length
    ? {}
    : { weights: Float64Array.from(sample, (row) => weights[row]!) }
}

/** Copies `like`, with `length` examples, and with the outputs and targets that `of` returns. */
function withRows(like: Predictions, length: number, of: (key: 'output' | 'target') => Data): Predictions {
  const { shapes, ignoreIndex, weights } = like
  const resized = ([_, ...rest]: readonly number[]): number[] => [length, ...rest]
  return {
    output: of('output'),
    target: of('target'),
    length,
    ...(shapes && { shapes: { output: resized(shapes.output), target: resized(shapes.target) } }),
    ...(ignoreIndex !== undefined && { ignoreIndex }),
    ...(weights && { weights }),
  }
}

const allocateLike = (data: Data, length: number): Data =>
  new (data.constructor as new (length: number) => Data)(length)
