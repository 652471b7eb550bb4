import type { Data } from '../core/dtype.ts'
import { loader } from '../data/loader.ts'
import type { Source } from '../data/stream.ts'
import type { Compiled } from '../runtime/compile.ts'
import { locating } from './locate.ts'
import { type Measurements, Measures, type Metrics } from './metrics/metric.ts'

/** Results of evaluating a model on a data set. `metrics` is absent when the task has no metrics. */
export interface Evaluation extends Partial<Measurements> {
  /** Mean loss over the examples. */
  readonly loss: number
  /** Fraction of examples whose highest-scoring class is the label, 0 to 1; absent for data without classes. */
  readonly accuracy?: number
}

/** Compiled graph that computes a batch's mean loss and accuracy and, if there are metrics, model outputs. */
export type EvaluationGraph = Compiled<'x' | 'y', 'loss' | 'accuracy' | 'output'>

/** Batches per run of the graph: enough to make its overhead small, few enough to fit into the CPU's cache. */
const stackSize = 32

/** Evaluates a model on all examples of `source`, in batches of `batchSize`. */
export async function evaluation(
  source: Source,
  batchSize: number,
  metrics: Metrics,
  graphOf: (batchSize: number) => Promise<EvaluationGraph>,
): Promise<Evaluation> {
  const measures = Object.keys(metrics).length > 0 ? new Measures(metrics) : undefined
  const totals = { examples: 0, loss: 0, accuracy: 0 }
  for await (const stack of loader(source, { batchSize }).stacks(0, () => stackSize)) {
    const { length } = stack
    const rows = Math.min(batchSize, length)
    const graph = await graphOf(rows)
    const evaluated = () => graph({ x: stack.x, y: stack.y })
    const means = await locating(stack, rows, evaluated, totals.examples)
    totals.examples += length
    totals.loss += sum(means.loss) * rows
    totals.accuracy += sum(means.accuracy) * rows
    measures?.add({ output: means.output, target: stack.y, length })
  }
  return {
    loss: totals.loss / totals.examples,
    ...(source.classes !== undefined && { accuracy: totals.accuracy / totals.examples }),
    ...measures?.results,
  }
}

function sum(data: Data): number {
  let total = 0
  for (let i = 0; i < data.length; i++) total += Number(data[i])
  return total
}
