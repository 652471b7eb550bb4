import { isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { Source } from '../data/stream.ts'
import { scoredByOf } from '../ops/loss-weight.ts'
import { classTargets } from './loss-terms.ts'
import { targetFormOf } from './metrics/form.ts'

/**
 * What the numbers mean that a model computes for an example, as its loss and its data tell:
 *
 * - `class`: the scores of the classes, of which the highest is the prediction. With the link `sigmoid`, as of binary
 *   cross-entropy of one-hot targets, each class has a probability against all others, and they need not sum to 1;
 * - `logit`: the score of class 1 against class 0, which is predicted if the score is positive;
 * - `labels`: a score for each of several labels, which holds if its score is positive;
 * - `number`: the predicted numbers themselves.
 */
export interface Answer {
  readonly kind: 'class' | 'logit' | 'labels' | 'number'
  /** Function from scores to probabilities; absent if the loss, such as a hinge loss, knows no probabilities. */
  readonly link?: 'softmax' | 'sigmoid'
  /** Number of classes that have a score each; for the kind `class`. */
  readonly classes?: number
  /** Number of positions, such as pixels, that lie between two scores of a position; for the kind `class`. */
  readonly stride?: number
}

/** The tensors of a batch that a loss compares, and the shapes that metrics compare. */
export interface Answered {
  readonly loss: Tensor
  readonly output: Tensor
  readonly shapes: { readonly output: Shape; readonly target: Shape }
}

/**
 * Returns what the output of a model means.
 *
 * @throws {ArgumentError} when the loss compares scores that are not the model's output, such as its negative.
 */
export function meaningOfOutput(
  { loss, output, shapes }: Answered,
  { classes, y }: Pick<Source, 'classes' | 'y'>,
): Answer {
  const by = topological([loss]).flatMap((t) => scoredByOf(t) ?? [])[0]
  const scores = by?.scores ?? classTargets(loss)?.scores ?? output
  if (!isReshaped(scores, output))
    throw new ArgumentError(
      'predict: wanted a loss of the scores that the model returns, got one that computes others on the way; ' +
        'let the model compute them',
    )
  const width = sizeOf(output.shape) / (output.shape[0] ?? 1)
  const form = targetFormOf(shapes.output, shapes.target)
  const [, count = 1, ...positions] = shapes.output
  if (by?.link === 'sigmoid') {
    // Integer targets, of the shape of the scores, are labels of 0 and 1 of as many questions.
    const isForEachClass = form === 'labels' || form === 'rows' || (form === 'alike' && isFloat(y.dtype))
    if (!isForEachClass || classes !== count)
      return { kind: width === 1 || classes !== undefined ? 'logit' : 'labels', link: 'sigmoid' }
  }
  const isClass = form !== undefined && (classTargets(loss) !== undefined || classes !== undefined)
  if (!isClass) return { kind: 'number' }
  if (form === 'logit') return { kind: 'logit' }
  return { kind: 'class', ...present({ link: by?.link }), classes: count, stride: sizeOf(positions) }
}

/** Whether `t` has exactly the numbers of `output`, in the same order, in any shape and element type. */
function isReshaped(t: Tensor, output: Tensor): boolean {
  let at: Tensor | undefined = t
  while (at !== output && at !== undefined && layouts.includes(at.op)) at = at.inputs[0]
  return at === output
}

const layouts = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']
