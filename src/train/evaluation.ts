import { type AbortSignalLike, abortSignal, untilAborted } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { boolean, integer, type OptionsOf } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import type { Values } from '../data/dataset.ts'
import { loader } from '../data/loader.ts'
import type { Source } from '../data/stream.ts'
import type { Evaluator } from './evaluator.ts'
import { fieldsOf } from './graphs.ts'
import { type Interval, Intervals } from './intervals.ts'
import { locating } from './locate.ts'
import { joinParts, type LossPart, lossOfParts, readParts } from './loss-terms.ts'
import {
  checkWeighing,
  type Measurements,
  Measures,
  type Metrics,
  type Predictions,
} from './metrics/metric.ts'

/** Results of evaluating a model on a data set. `metrics` is absent when the task has no metrics. */
export interface Evaluation extends Partial<Measurements> {
  /**
   * Loss over all examples, independent of the batch size: the mean over examples, or over whatever the loss divides
   * by, such as class weights; for a loss that is a sum, the sum. Examples that have weights count by them. NaN when all
   * labels are ignored, or all weights are 0.
   */
  readonly loss: number
  /**
   * Fraction, 0 to 1, by the examples' weights if they have some, of labels that equal the class with the highest score, not counting labels equal to the
   * `ignoreIndex` of the data or the loss. A one-hot or soft label counts as the class of its highest probability; a
   * single score predicts class 1 if positive. Absent for data without classes.
   */
  readonly accuracy?: number
  /**
   * 95 % intervals of loss, accuracy and metrics, by name. Only if asked for, and without those that single examples
   * do not decide, such as a loss or a model that looks at the whole batch.
   */
  readonly intervals?: Readonly<Record<string, Interval>>
}

export const evaluationOptions = {
  /** Number of examples per batch. @default 64 */
  batchSize: integer({ min: 1 }, 64),
  /** Abort signal that stops the evaluation between two batches. */
  signal: abortSignal(),
}

export type EvaluationOptions = OptionsOf<typeof evaluationOptions>

export const evaluateOptions = {
  ...evaluationOptions,
  /** Whether to measure 95 % intervals, too, which evaluates each example by itself. @default false */
  intervals: boolean(false),
}

export type EvaluateOptions = OptionsOf<typeof evaluateOptions>

/** Batches per run of the evaluation graph: enough to amortize its overhead, few enough for the CPU's cache. */
const stackSize = 32

/** Evaluates a model on all examples of `source`, in batches of `batchSize`. */
export async function evaluation(
  source: Source,
  batchSize: number,
  metrics: Metrics,
  evaluatorOf: (batchSize: number) => Promise<Evaluator>,
  {
    signal,
    intervals: asked = false,
  }: { readonly signal?: AbortSignalLike | undefined; readonly intervals?: boolean },
): Promise<Evaluation> {
  const measures = Object.keys(metrics).length > 0 ? new Measures(metrics) : undefined
  const intervals = asked ? new Intervals(metrics) : undefined
  const totals = new Totals()
  let known: Evaluator | undefined
  const stacks = loader(source, { batchSize }).stacks(0, () => stackSize)
  for await (const stack of untilAborted(signal, stacks)) {
    const { y, weights, length } = stack
    checkWeighing(metrics, weights)
    const rows = Math.min(batchSize, length)
    const evaluator = await evaluatorOf(rows)
    const measured = await locating(stack, rows, () => evaluator.graph(fieldsOf(stack)), totals.examples)
    totals.add(evaluator, measured, rows, length)
    await intervals?.add(stack, () => evaluatorOf(1))
    if (measures) {
      const own = predictionsOf(evaluator, measured, y, length / rows)
      const predictions = weights ? { ...own, weights: weights as Values } : own
      measures.add(predictions)
      intervals?.addPredictions(predictions)
    }
    known = evaluator
  }
  return {
    loss: totals.meanLoss,
    ...(known?.labels !== undefined && { accuracy: totals.accuracy }),
    ...measures?.results,
    ...(intervals && { intervals: await intervals.of(totals.meanLoss, signal) }),
  }
}

/** Returns the predictions for a stack of `batches` batches (concatenated). */
function predictionsOf(
  { shapes, ignoreIndex }: Evaluator,
  { output, target }: Partial<Measured>,
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

type Measured = Awaited<ReturnType<Evaluator['graph']>>

/** Accumulates losses and counts over the batches seen so far. */
class Totals {
  /** Number of examples so far. */
  examples = 0
  #loss = 0
  #hits = 0
  #counted = 0
  #parts: readonly LossPart[] | undefined

  /** Adds the measurements of a stack: `length` examples in concatenated batches of `rows` examples. */
  add({ kinds, labels }: Evaluator, measured: Measured, rows: number, length: number): void {
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
