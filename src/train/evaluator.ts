import type { Data } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { snapshot, unchanged } from '../core/snapshot.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { checkAssignsNothing, type Variable } from '../core/variable.ts'
import type { Names } from '../data/dataset.ts'
import type { Source } from '../data/stream.ts'
import { modelOutput } from '../nn/module.ts'
import { checkedLoss, isRearranged } from './checked-loss.ts'
import { type Compared, correctness } from './correctness.ts'
import { exampleWeighted } from './example-weighted.ts'
import { goalsIn, metricsUnder } from './goals.ts'
import { type BatchOf, batchFields, Graphs } from './graphs.ts'
import { classTargets, kindsOf, type LossKind, packed, termsOf } from './loss-terms.ts'
import type { TaskValues } from './task-options.ts'

/** Outputs of an evaluation graph; outputs that are not needed are absent. */
export type Measured = 'loss' | 'terms' | 'hits' | 'counted' | 'output' | 'target'

/** How to interpret the numbers that an evaluation graph computes. */
export interface Meaning {
  /** What each term of the loss is divided by; undefined if the loss is a mean over the examples. */
  readonly kinds: readonly LossKind[] | undefined
  /** Shapes of a batch's scores and targets as passed to metrics. */
  readonly shapes: { readonly output: Shape; readonly target: Shape }
  /**
   * Number of labels in a batch, or 'counted' if some may be ignored or have weights; undefined for data without
   * classes.
   */
  readonly labels: number | 'counted' | undefined
  /** Label value that is ignored in loss and metrics. */
  readonly ignoreIndex: number | undefined
}

/** A compiled evaluation graph for batches of one size. */
export interface Evaluator extends Meaning {
  readonly graph: (feeds: BatchOf<Data>) => Promise<Results>
  /**
   * Meaning of each output by name, of a model with several outputs; the results of an output are those `under` its
   * name.
   */
  readonly outputs?: Readonly<Record<string, Meaning>> | undefined
}

/**
 * Returns evaluators that compute with the values that the variables have now, whatever they have later on. Between two
 * batches, other calls find the variables as these calls left them.
 */
export function remembering(
  variables: Iterable<Variable>,
  evaluatorOf: (batchSize: number) => Promise<Evaluator>,
): (batchSize: number) => Promise<Evaluator> {
  const all = [...variables]
  const recall = snapshot(all)
  return async (batchSize) => {
    const { graph, ...meaning } = await evaluatorOf(batchSize)
    const remembered = (feeds: BatchOf<Data>): Promise<Results> =>
      unchanged(all, () => {
        recall()
        return graph(feeds)
      })
    return { ...meaning, graph: remembered }
  }
}

/** Values that an evaluation graph computes. */
export type Results = Readonly<Record<Measured, Data>>

/** Returns the results of one output, of those of all. */
export const under = (output: string, results: Results): Results =>
  Object.fromEntries(
    Object.entries(results).flatMap(([name, data]) =>
      name.startsWith(`${output} `) ? [[name.slice(output.length + 1), data]] : [],
    ),
  ) as Results

/** Compiled evaluation graphs of a task, one for each batch size and kind of data. */
export class Evaluators {
  readonly #options: TaskValues
  readonly #graphs = new Map<string, Graphs<'x' | 'y'>>()
  readonly #meanings = new Map<string, Measurement['meaning']>()

  constructor(options: TaskValues) {
    this.#options = options
  }

  /** Returns the evaluator for batches of `batchSize` examples of `source`, with targets of any supported form. */
  async of(source: Source, batchSize: number): Promise<Evaluator> {
    const { dtype, threads, device } = this.#options
    const { classes, ignoreIndex } = source
    const fields = batchFields(source)
    const spec = JSON.stringify({ ...fields, classes, ignoreIndex, tensors: source.y.tensors })
    const graphs = this.#graphs.get(spec) ?? new Graphs(fields, { dtype, threads, device, loop: true })
    this.#graphs.set(spec, graphs)
    const key = `${batchSize} ${spec}`
    const graph = await graphs.compiled(key, batchSize, (fed) => {
      const { x, y, weights }: BatchOf<Tensor> = fed
      const output = modelOutput(this.#options.model, x, 'eval')
      checkAssignsNothing()
      const { meaning, measured } = measure(this.#options, source, { x, output, y, weights })
      this.#meanings.set(key, meaning)
      return measured as Record<Measured, Tensor>
    })
    return { ...this.#meanings.get(key)!, graph }
  }
}

/** Tensors of one evaluated batch: the model's input and output, and the targets. */
interface Applied {
  readonly x: Tensor
  readonly output: Tensor
  readonly y: Tensor
  /** Weights of the examples, if they have any. */
  readonly weights?: Tensor | undefined
}

/** An evaluation graph's outputs, and what they mean. */
export interface Measurement {
  readonly meaning: Meaning & Pick<Evaluator, 'outputs'>
  readonly measured: Readonly<Partial<Record<Measured, Tensor>>>
}

type Measuring = Pick<TaskValues, 'loss' | 'metrics'>

/** Builds the evaluation graph on top of the model's output. @returns the graph's outputs and their meaning */
export function measure({ loss: lossOf, metrics }: Measuring, source: Names, applied: Applied): Measurement {
  const { x, output, y, weights } = applied
  const checked = checkedLoss(lossOf, output, y, source)
  const loss = exampleWeighted(lossOf, { loss: checked, output, y }, x, weights)
  const goals = goalsIn(loss)
  if (goals === undefined) return measureLoss(loss, { loss: lossOf, metrics }, source, applied)
  const terms = termsOf(lossOf, { loss, output, y }, x)
  const each = goals.map((goal): [string, Measurement] => {
    const own = { loss: goal.lossOf, metrics: metricsUnder(metrics, goal.name) }
    return [goal.name, measureLoss(goal.loss, own, goal.names, { ...goal, x, weights }, true)]
  })
  return {
    meaning: {
      kinds: terms && kindsOf(terms),
      labels: undefined,
      shapes: { output: output.shape, target: y.shape },
      ignoreIndex: undefined,
      outputs: Object.fromEntries(each.map(([name, { meaning }]) => [name, meaning])),
    },
    measured: {
      loss,
      ...(terms && { terms: packed(terms) }),
      ...Object.fromEntries(
        each.flatMap(([name, { measured }]) =>
          Object.entries(measured).map(([result, t]) => [`${name} ${result}`, t]),
        ),
      ),
    },
  }
}

/** @param isPart whether `y` is a part of the targets that are fed, so that metrics need it as a result */
function measureLoss(
  loss: Tensor,
  { loss: lossOf, metrics }: Measuring,
  source: Names,
  { x, output, y, weights }: Applied,
  isPart = false,
): Measurement {
  const terms = termsOf(lossOf, { loss, output, y }, x)
  const compared = comparedIn(loss, output, y, source.ignoreIndex)
  const { ignoreIndex } = compared
  const correct = correctness(compared, source.classes, classTargets(loss) !== undefined, weights)
  const { labels, ...hits } = correct ?? {}
  return {
    meaning: {
      kinds: terms && kindsOf(terms),
      labels: correct && (labels ?? 'counted'),
      shapes: { output: compared.output.shape, target: compared.target.shape },
      ignoreIndex,
    },
    measured: {
      loss,
      ...(terms && { terms: packed(terms) }),
      ...hits,
      ...(Object.keys(metrics).length > 0 && { output: compared.output }),
      ...(Object.keys(metrics).length > 0 &&
        (isPart || compared.target !== y) && { target: compared.target }),
    },
  }
}

/**
 * Returns the scores and targets to compute accuracy and metrics from. For a classification loss, these are the
 * tensors that the loss compares, such as `ops.neg(output)` or labels minus 1. For other losses, and where the scores
 * depend on the targets, as with a margin, they are the model's output and the data's targets.
 */
function comparedIn(loss: Tensor, output: Tensor, y: Tensor, ignored: number | undefined): Compared {
  const read = classTargets(loss)
  const plain = { output, target: y, ignoreIndex: ignored ?? read?.ignoreIndex }
  if (read === undefined) return plain
  const [scores, labels] = [read.scores, read.target].map((t) => between(t, output, y))
  const isFromOutput = scores!.includes(output) && !scores!.includes(y)
  if (!isFromOutput || !labels!.includes(y) || labels!.includes(output)) return plain
  const isSame = labels!.every((t) => t === y || t.op === 'Cast')
  const ignoreIndex = isRearranged(read.target, y) ? plain.ignoreIndex : read.ignoreIndex
  return { output: read.scores, target: isSame ? y : read.target, ignoreIndex }
}

/** Returns all tensors on the way from `output` and `y` to `t`. */
const between = (t: Tensor, output: Tensor, y: Tensor): readonly Tensor[] =>
  topological([t], (one) => (one === output || one === y ? [] : one.inputs))
