import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { apart, eachApart } from '../core/exclusive.ts'
import { boolean, integer, type OptionsOf } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import type { Values } from '../data/dataset.ts'
import { type Batch, loader } from '../data/loader.ts'
import type { Source } from '../data/stream.ts'
import { type Evaluator, type Meaning, type Results, under } from './evaluator.ts'
import { metricsUnder } from './goals.ts'
import { inCalls } from './in-calls.ts'
import type { Interval, Intervals } from './intervals.ts'
import { joinParts, type LossPart, lossOfParts, readParts } from './loss-terms.ts'
import {
  checkWeighing,
  type Measurements,
  Measures,
  type Metrics,
  type Predictions,
} from './metrics/metric.ts'

/** Results of evaluating a model on a data set. `metrics` is absent if the task has none, and one output. */
export interface Evaluation extends Partial<Measurements> {
  /**
   * Loss over all examples, independent of the batch size: the mean over examples, or over whatever the loss divides
   * by, such as class weights; for a loss that is a sum, the sum. Examples that have weights count by them. NaN when all
   * labels are ignored, or all weights are 0.
   */
  readonly loss: number
  /**
   * Fraction, 0 to 1, of labels that equal the class with the highest score. Examples that have weights count by them;
   * labels equal to the `ignoreIndex` of the data or the loss do not count. A one-hot or soft label counts as the class
   * of its highest probability; a single score predicts class 1 if positive. Absent for data without classes.
   */
  readonly accuracy?: number
  /**
   * Results of the metrics, by name. Of several outputs, also the loss and the accuracy of each: `kind.loss`,
   * `kind.accuracy`; the metrics of an output have its name before theirs.
   */
  readonly metrics?: Measurements['metrics']
  /**
   * 95 % intervals of loss, accuracy and metrics, by name. Only if asked for, and without those that single examples
   * do not decide, such as a loss or a model that looks at the whole batch.
   */
  readonly intervals?: Readonly<Record<string, Interval>>
}

export const evaluationOptions = {
  /** Number of examples per batch. @default 64 */
  batchSize: integer({ min: 1 }, 64),
  /** Abort signal that stops the evaluation between two calls of the graph, which take at most 250 ms or one batch. */
  signal: abortSignal(),
}

export type EvaluationOptions = OptionsOf<typeof evaluationOptions>

export const evaluateOptions = {
  ...evaluationOptions,
  /** Whether to measure 95 % intervals, too, which evaluates each example by itself. @default false */
  intervals: boolean(false),
}

export type EvaluateOptions = OptionsOf<typeof evaluateOptions>

/** Most batches per run of the evaluation graph: enough to amortize its overhead, few enough for the CPU's cache. */
const stackSize = 32

interface Evaluating {
  readonly signal?: AbortSignalLike | undefined
  readonly intervals?: boolean
  /** Variables of which the caller has exclusive use. */
  readonly held?: Iterable<object>
}

/** Evaluates a model on all examples of `source`, in batches of `batchSize`. */
export async function evaluation(
  source: Source,
  batchSize: number,
  metrics: Metrics,
  evaluatorOf: (batchSize: number) => Promise<Evaluator>,
  { signal, intervals: asked = false, held = [] }: Evaluating,
): Promise<Evaluation> {
  const outputs = Object.keys(source.y.tensors ?? {})
  const measured = asked ? (await apart(held, () => import('./intervals.ts'))).Intervals : undefined
  const whole = new Tally(outputs.length > 0 ? {} : metrics, measured, signal)
  const evaluate = inCalls(signal)
  const each = outputs.map((name) => ({
    name,
    tally: new Tally(metricsUnder(metrics, name), measured, signal),
  }))
  const stacks = loader(source, { batchSize }).stacks(0, () => stackSize)
  for await (const stack of eachApart(held, untilAborted(signal, stacks))) {
    const { weights, length } = stack
    checkWeighing(metrics, weights)
    const rows = Math.min(batchSize, length)
    const evaluator = await evaluatorOf(rows)
    const results = await evaluate(evaluator.graph, { stack, rows, first: whole.examples })
    await whole.add({ meaning: evaluator, results, rows, stack }, () => evaluatorOf(1))
    for (const { name, tally } of each) {
      const seen = { meaning: evaluator.outputs![name]!, results: under(name, results), rows, stack }
      await tally.add(seen, async () => outputOf(await evaluatorOf(1), name))
    }
  }
  return joined(
    await whole.results(signal),
    await Promise.all(each.map(({ name, tally }) => named(name, tally, signal))),
  )
}

/** Returns an evaluator of one output of a model with several outputs. */
const outputOf = ({ graph, outputs }: Evaluator, name: string): Evaluator => ({
  ...outputs![name]!,
  graph: async (feeds) => under(name, await graph(feeds)),
})

/** Returns the results of an output as metrics, with the output's name before theirs: `kind.loss`, `kind.f1`. */
async function named(
  name: string,
  tally: Tally,
  signal: AbortSignalLike | undefined,
): Promise<Pick<Evaluation, 'metrics' | 'reasons' | 'intervals'>> {
  const { loss, accuracy, metrics, reasons, intervals } = await tally.results(signal)
  const under = <T>(values: Readonly<Record<string, T>> = {}): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(values).map(([own, value]) => [`${name}.${own}`, value]))
  return {
    metrics: under({ loss, ...(accuracy !== undefined && { accuracy }), ...metrics }),
    ...(reasons && { reasons: under(reasons) }),
    ...(intervals && { intervals: under(intervals) }),
  }
}

/** Adds the results of each output to those of the whole. */
function joined(whole: Evaluation, outputs: readonly Partial<Evaluation>[]): Evaluation {
  if (outputs.length === 0) return whole
  const all = (of: 'metrics' | 'reasons' | 'intervals'): object =>
    Object.assign({}, ...[whole, ...outputs].map((one) => one[of]))
  const reasons = all('reasons')
  return {
    ...whole,
    metrics: all('metrics') as Measurements['metrics'],
    ...(Object.keys(reasons).length > 0 && { reasons: reasons as Readonly<Record<string, string>> }),
    ...(whole.intervals && { intervals: all('intervals') as NonNullable<Evaluation['intervals']> }),
  }
}

/** What an evaluation graph computed for a stack of batches of `rows` examples. */
interface Seen {
  readonly meaning: Meaning
  readonly results: Results
  readonly rows: number
  readonly stack: Batch
}

/** Collects the loss, the accuracy, metrics and intervals of one output of a model, or of the only one. */
class Tally {
  readonly #totals = new Totals()
  readonly #measures: Measures | undefined
  readonly #intervals: Intervals | undefined
  #hasAccuracy = false

  constructor(
    metrics: Metrics,
    intervals: typeof Intervals | undefined,
    signal: AbortSignalLike | undefined,
  ) {
    this.#measures = Object.keys(metrics).length > 0 ? new Measures(metrics) : undefined
    this.#intervals = intervals && new intervals(metrics, signal)
  }

  /** Number of examples so far. */
  get examples(): number {
    return this.#totals.examples
  }

  async add({ meaning, results, rows, stack }: Seen, single: () => Promise<Evaluator>): Promise<void> {
    this.#totals.add(meaning, results, rows, stack.length)
    this.#hasAccuracy = meaning.labels !== undefined
    await this.#intervals?.add(stack, single)
    if (this.#measures === undefined) return
    const own = predictionsOf(meaning, results, stack.y, stack.length / rows)
    const predictions = stack.weights ? { ...own, weights: stack.weights as Values } : own
    this.#measures.add(predictions)
    this.#intervals?.addPredictions(predictions)
  }

  async results(signal: AbortSignalLike | undefined): Promise<Evaluation> {
    const { meanLoss, accuracy } = this.#totals
    return {
      loss: meanLoss,
      ...(this.#hasAccuracy && { accuracy }),
      ...this.#measures?.results,
      ...(this.#intervals && { intervals: await this.#intervals.of(meanLoss, signal) }),
    }
  }
}

/** Returns the predictions for a stack of `batches` batches (concatenated). */
function predictionsOf(
  { shapes, ignoreIndex }: Meaning,
  { output, target }: Partial<Results>,
  y: Data,
  batches: number,
): Predictions {
  const stacked = ([n = 1, ...rest]: Shape): Shape => [n * batches, ...rest]
  return {
    output: output!,
    target: target ?? y,
    length: (shapes.target[0] ?? 1) * batches,
    shapes: { output: stacked(shapes.output), target: stacked(shapes.target) },
    ...(ignoreIndex !== undefined && { ignoreIndex }),
  }
}

/** Accumulates losses and counts over the batches seen so far. */
class Totals {
  /** Number of examples so far. */
  examples = 0
  #loss = 0
  #hits = 0
  #counted = 0
  #parts: readonly LossPart[] | undefined

  /** Adds the measurements of a stack: `length` examples in concatenated batches of `rows` examples. */
  add({ kinds, labels }: Meaning, measured: Results, rows: number, length: number): void {
    this.examples += length
    if (kinds) {
      for (const parts of readParts(kinds, measured.terms, rows)) this.#parts = joinParts(this.#parts, parts)
    } else this.#loss += sum(measured.loss) * rows
    if (labels === undefined) return
    this.#hits += sum(measured.hits)
    this.#counted += labels === 'counted' ? sum(measured.counted) : labels * (length / rows)
  }

  get meanLoss(): number {
    return this.#parts ? lossOfParts(this.#parts) : this.#loss / this.examples
  }

  get accuracy(): number {
    return this.#hits / this.#counted
  }
}

function sum(data: Data): number {
  let total = 0
  for (let i = 0; i < data.length; i++) total += Number(data[i])
  return total
}
