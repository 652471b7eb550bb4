import { type Data, isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import type { ValuesOf } from '../core/options.ts'
import { type Shape, showShape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { checkAssignsNothing } from '../core/variable.ts'
import type { Names } from '../data/dataset.ts'
import { recipeOf } from '../data/recipe.ts'
import type { Source } from '../data/stream.ts'
import { modelOutput } from '../nn/module.ts'
import type { Loss } from '../ops/loss.ts'
import type { ClassTargets } from '../ops/loss-weight.ts'
import { type Compared, correctness } from './correctness.ts'
import { exampleWeighted } from './example-weighted.ts'
import { type BatchOf, batchFields, Graphs } from './graphs.ts'
import { classTargets, kindsOf, type LossKind, lossTensor, packed, termsOf } from './loss-terms.ts'
import type { taskOptions } from './task-options.ts'

/** Outputs of an evaluation graph; outputs that are not needed are absent. */
export type Measured = 'loss' | 'terms' | 'hits' | 'counted' | 'output' | 'target'

/** How to interpret the numbers that an evaluation graph computes. */
export interface Meaning {
  /** What each term of the loss is divided by; undefined if the loss is a mean over the examples. */
  readonly kinds: readonly LossKind[] | undefined
  /** Shapes of a batch's scores and targets as passed to metrics. */
  readonly shapes: { readonly output: Shape; readonly target: Shape }
  /** Number of labels in a batch, or 'counted' if some may be ignored or have weights; undefined for data without classes. */
  readonly labels: number | 'counted' | undefined
  /** Label value that is ignored in loss and metrics. */
  readonly ignoreIndex: number | undefined
}

/** A compiled evaluation graph for batches of one size. */
export interface Evaluator extends Meaning {
  readonly graph: (feeds: BatchOf<Data>) => Promise<Readonly<Record<Measured, Data>>>
}

/** Compiled evaluation graphs of a task, one for each batch size and kind of data. */
export class Evaluators {
  readonly #options: ValuesOf<typeof taskOptions>
  readonly #graphs = new Map<string, Graphs<'x' | 'y'>>()
  readonly #meanings = new Map<string, Meaning>()

  constructor(options: ValuesOf<typeof taskOptions>) {
    this.#options = options
  }

  /** Returns the evaluator for batches of `batchSize` examples of `source`, with targets of any supported form. */
  async of(source: Source, batchSize: number): Promise<Evaluator> {
    const { dtype, threads, device } = this.#options
    const { classes, ignoreIndex } = source
    const fields = batchFields(source)
    const spec = JSON.stringify({ ...fields, classes, ignoreIndex })
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

/** Builds the evaluation graph on top of the model's output. @returns the graph's outputs and their meaning */
export function measure(
  { loss: lossOf, metrics }: Pick<ValuesOf<typeof taskOptions>, 'loss' | 'metrics'>,
  source: Names,
  { x, output, y, weights }: Applied,
): { readonly meaning: Meaning; readonly measured: Readonly<Partial<Record<Measured, Tensor>>> } {
  const checked = checkedLoss(lossOf, output, y, source)
  const loss = exampleWeighted(lossOf, { loss: checked, output, y }, x, weights)
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
      ...(Object.keys(metrics).length > 0 && compared.target !== y && { target: compared.target }),
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

/** Whether `t` contains exactly the numbers of `y`, in any shape, order and element type. */
function isRearranged(t: Tensor, y: Tensor): boolean {
  let at: Tensor | undefined = t
  while (at !== y && at !== undefined && layouts.includes(at.op)) at = at.inputs[0]
  return at === y
}

const layouts = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']

/** Returns all tensors on the way from `output` and `y` to `t`. */
const between = (t: Tensor, output: Tensor, y: Tensor): readonly Tensor[] =>
  topological([t], (one) => (one === output || one === y ? [] : one.inputs))

/**
 * Applies the loss function, and checks that model, loss and data fit together.
 *
 * @throws {ShapeError} when there are fewer scores than classes; for two classes, one score is enough.
 * @throws {ArgumentError} when the data have an `ignoreIndex`, but the loss does not ignore labels equal to it.
 */
export function checkedLoss(lossOf: Loss, output: Tensor, y: Tensor, names: Names): Tensor {
  const isNarrow = tooFew(output.shape, names.classes)
  let loss: Tensor
  try {
    loss = lossTensor(lossOf, output, y)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw ofLabels(isNarrow ? tooNarrow(output.shape, names.classes!) : error, names)
  }
  const read = classTargets(loss)
  if (read !== undefined) checkIgnored(read, names)
  else if (names.ignoreIndex !== undefined && !isFloat(y.dtype)) checkMasked(loss, y, names.ignoreIndex)
  // The width is not checked if the loss ignores the greatest label, which then is no class, or if it compares labels
  // that are computed from the data's and may have other classes.
  const isMark = read?.ignoreIndex !== undefined && read.ignoreIndex + 1 === names.classes
  if (isMark || (read && !isRearranged(read.target, y))) return loss
  const classes = names.classes ?? 0
  if (isNarrow || (read && read.scores.shape[1]! < classes))
    throw ofLabels(tooNarrow(output.shape, classes), names)
  return loss
}

function tooFew(output: Shape, classes: number | undefined): boolean {
  const width = output[1] ?? 1
  return classes !== undefined && output.length <= 2 && width < classes && !(width === 1 && classes <= 2)
}

const comparisons = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']

/** Checks that a loss other than a classification loss compares the labels with a number, as masking them does. */
function checkMasked(loss: Tensor, y: Tensor, ignoreIndex: number): void {
  const graph = topological([loss], (t) => (t === y ? [] : t.inputs))
  const tells = (t: Tensor): boolean =>
    comparisons.includes(t.op) && t.inputs.some((one) => isRearranged(one, y))
  if (!graph.includes(y) || graph.some(tells)) return
  throw new ArgumentError(
    `task: wanted a loss that ignores the label ${ignoreIndex}, as the data do, got one that counts each label; ` +
      `multiply its costs by a mask, ops.notEqual(target, ${ignoreIndex}), and return ops.weightedLoss(total, sum of the mask)`,
  )
}

function checkIgnored(read: ClassTargets, { ignoreIndex }: Names): void {
  if (ignoreIndex === undefined || isFloat(read.target.dtype) || read.ignoreIndex === ignoreIndex) return
  const got = read.ignoreIndex === undefined ? 'one that ignores none' : `ignoreIndex ${read.ignoreIndex}`
  throw new ArgumentError(
    `task: wanted a loss that ignores the label ${ignoreIndex}, as the data do, got ${got}; give the loss ignoreIndex: ${ignoreIndex}`,
  )
}

const tooNarrow = (output: Shape, classes: number): ShapeError =>
  new ShapeError(
    `task: wanted a score for each of ${classes} classes, got ${showShape(output)}; widen the last layer or, if y ` +
      "holds numbers to predict, make the data set with target: 'numbers'",
  )

/** Returns an error whose advice names the option of a table, if the data are of one. */
function ofLabels(error: ShapeError, data: Names): ShapeError {
  const label = recipeOf(data)?.table?.label
  if (label === undefined) return error
  const own = `give target: ${typeof label === 'string' ? `'${label}'` : label} instead of label`
  return new ShapeError(error.message.replace("make the data set with target: 'numbers'", () => own))
}
