import { isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import type { ValuesOf } from '../core/options.ts'
import { type Shape, sameShape, showShape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { checkAssignsNothing } from '../core/variable.ts'
import type { Names } from '../data/dataset.ts'
import type { Source } from '../data/stream.ts'
import { modelOutput } from '../nn/module.ts'
import { reshape, sum } from '../ops/broadcast.ts'
import { cast, equal, greater, notEqual } from '../ops/compare.ts'
import { logicalAnd } from '../ops/logic.ts'
import { accuracy } from '../ops/loss.ts'
import { argMax } from '../ops/select.ts'
import { mean } from '../ops/statistics.ts'
import type { Compiled } from '../runtime/compile.ts'
import { Graphs } from './graphs.ts'
import { classTargets, kindsOf, type LossTerm, lossTensor, packed, termsOf } from './loss-terms.ts'
import { targetFormOf } from './metrics/form.ts'
import type { taskOptions } from './task-options.ts'

/** Outputs of an evaluation graph; those that are not needed are absent. */
type Measured = 'loss' | 'terms' | 'accuracy' | 'hits' | 'counted' | 'output' | 'target'

/** What an evaluation graph computes, apart from the numbers. */
interface Meaning {
  /** What divides each term of the loss; undefined for a mean over the examples. */
  readonly kinds: readonly LossTerm['weight'][] | undefined
  /** Shapes of the scores and targets of a batch, as metrics see them. */
  readonly shapes: { readonly output: Shape; readonly target: Shape }
  /** Whether it counts correct predictions: as a mean over all labels, or as a count of those that count. */
  readonly accuracy: 'mean' | 'counts' | undefined
  /** Label that does not count. */
  readonly ignoreIndex: number | undefined
}

/** A compiled evaluation graph for batches of one size. */
export interface Evaluator extends Meaning {
  readonly graph: Compiled<'x' | 'y', Measured>
}

/** Compiled evaluation graphs of a task, for each batch size and each kind of data. */
export class Evaluators {
  readonly #options: ValuesOf<typeof taskOptions>
  readonly #graphs = new Map<string, Graphs<'x' | 'y'>>()
  readonly #meanings = new Map<string, Meaning>()

  constructor(options: ValuesOf<typeof taskOptions>) {
    this.#options = options
  }

  /** Returns the evaluator of batches of `batchSize` examples of `source`, whose targets may be of any form. */
  async of(source: Source, batchSize: number): Promise<Evaluator> {
    const { dtype, threads, device } = this.#options
    const { classes, ignoreIndex } = source
    const fields = { x: shapeOf(source.x), y: shapeOf(source.y) }
    const spec = JSON.stringify({ ...fields, classes, ignoreIndex })
    const graphs = this.#graphs.get(spec) ?? new Graphs(fields, { dtype, threads, device, loop: true })
    this.#graphs.set(spec, graphs)
    const key = `${batchSize} ${spec}`
    const graph = await graphs.compiled(key, batchSize, ({ x, y }) => {
      const { meaning, measured } = this.#measure(source, x, y)
      this.#meanings.set(key, meaning)
      return measured as Record<Measured, Tensor>
    })
    return { ...this.#meanings.get(key)!, graph }
  }

  /** Builds the graph of an evaluation. @returns its outputs, and what they are */
  #measure(
    source: Source,
    x: Tensor,
    y: Tensor,
  ): { readonly meaning: Meaning; readonly measured: Readonly<Partial<Record<Measured, Tensor>>> } {
    const { model, loss: lossOf, metrics } = this.#options
    const output = modelOutput(model, x, 'eval')
    checkAssignsNothing()
    checkWidth(output.shape, source.classes)
    const loss = lossTensor(lossOf, output, y)
    checkClassLoss(loss, output.shape, source)
    const terms = termsOf(loss, [x, y])
    const { ignoreIndex = classTargets(loss)?.ignoreIndex } = source
    const compared = comparedIn(loss, output, y)
    const correct = correctness(compared, source.classes, classTargets(loss) !== undefined, ignoreIndex)
    return {
      meaning: {
        kinds: terms && kindsOf(terms),
        shapes: { output: compared.output.shape, target: compared.target.shape },
        accuracy: correct && ('hits' in correct ? 'counts' : 'mean'),
        ignoreIndex,
      },
      measured: {
        loss,
        ...(terms && { terms: packed(terms) }),
        ...correct,
        ...(Object.keys(metrics).length > 0 && { output: compared.output }),
        ...(Object.keys(metrics).length > 0 && compared.target !== y && { target: compared.target }),
      },
    }
  }
}

const shapeOf = ({ shape, dtype }: Source['x']): Source['x'] => ({ shape, dtype })

interface Compared {
  readonly output: Tensor
  readonly target: Tensor
}

/**
 * Returns the scores and targets to measure: the model's output and the data's targets or, where a loss of
 * classes moves or joins their axes before it compares them, what it compares.
 */
function comparedIn(loss: Tensor, output: Tensor, y: Tensor): Compared {
  const read = classTargets(loss)
  if (read === undefined) return { output, target: y }
  const path = topological([read.scores], (t) => (t === output ? [] : t.inputs))
  const isMoved = !sameShape(read.scores.shape, output.shape) || path.some(({ op }) => op === 'Transpose')
  return isMoved && path.includes(output)
    ? { output: read.scores, target: read.target }
    : { output, target: y }
}

/** Returns the fraction of correct predictions, or counts where a label does not count; undefined without classes. */
function correctness(
  { output, target: y }: Compared,
  classes: number | undefined,
  isClassLoss: boolean,
  ignoreIndex: number | undefined,
): Readonly<Partial<Record<Measured, Tensor>>> | undefined {
  const form = targetFormOf(output.shape, y.shape)
  const isInteger = y.dtype.startsWith('int')
  const known = classes !== undefined || isClassLoss
  if (!known || (form === 'alike' && isInteger)) return undefined
  if (form === undefined && y.shape.length > 1) return undefined
  if (form === undefined || (form === 'labels' && isInteger && ignoreIndex === undefined))
    return { accuracy: accuracy(output, y) }
  const given = form === 'alike' ? argMax(y, 1) : cast(y, 'int64')
  const guess = form === 'logit' ? cast(greater(output, 0), 'int64') : argMax(output, 1)
  const label = reshape(given, guess.shape)
  const right = equal(guess, label)
  const number = (t: Tensor): Tensor => cast(t, output.dtype)
  if (ignoreIndex === undefined || form === 'alike') return { accuracy: mean(number(right)) }
  const counts = notEqual(label, ignoreIndex)
  return { hits: sum(number(logicalAnd(right, counts))), counted: sum(number(counts)) }
}

/** @throws {ShapeError} when a model returns fewer scores than there are classes. One score can tell two apart. */
export function checkWidth(output: Shape, classes: number | undefined): void {
  const width = output[1] ?? 1
  if (classes === undefined || output.length > 2 || width >= classes || (width === 1 && classes <= 2)) return
  throw tooNarrow(output, classes)
}

/**
 * Checks that a loss of classes suits the data.
 *
 * @throws {ShapeError} when it has fewer scores than there are classes.
 * @throws {ArgumentError} when it counts the label that the data ignore.
 */
export function checkClassLoss(loss: Tensor, output: Shape, { classes, ignoreIndex }: Names): void {
  const read = classTargets(loss)
  if (read && ignoreIndex !== undefined && !isFloat(read.target.dtype) && read.ignoreIndex !== ignoreIndex) {
    const got = read.ignoreIndex === undefined ? 'one that ignores none' : `ignoreIndex ${read.ignoreIndex}`
    throw new ArgumentError(
      `task: wanted a loss that ignores the label ${ignoreIndex}, as the data do, got ${got}; give the loss ignoreIndex: ${ignoreIndex}`,
    )
  }
  if (classes === undefined || read === undefined || read.scores.shape[1]! >= classes) return
  throw tooNarrow(output, classes)
}

const tooNarrow = (output: Shape, classes: number): ShapeError =>
  new ShapeError(
    `task: wanted a score for each of ${classes} classes, got ${showShape(output)}; widen the last layer or, if y ` +
      "holds numbers to predict, make the data set with target: 'numbers'",
  )
