import { isFloat } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, showShape } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { Names } from '../data/dataset.ts'
import { recipeOf } from '../data/recipe.ts'
import type { Loss } from '../ops/loss.ts'
import type { ClassTargets } from '../ops/loss-weight.ts'
import { classTargets, lossTensor } from './loss-terms.ts'

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

/** Whether `t` contains exactly the numbers of `y`, in any shape, order and element type. */
export function isRearranged(t: Tensor, y: Tensor): boolean {
  let at: Tensor | undefined = t
  while (at !== y && at !== undefined && layouts.includes(at.op)) at = at.inputs[0]
  return at === y
}

const layouts = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']
