import { ArgumentError, ShapeError } from '../core/errors.ts'
import { unknownName } from '../core/mismatch.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { TensorSpecs } from '../data/record.ts'
import type { Loss } from '../ops/loss.ts'
import { checkedLoss } from './checked-loss.ts'
import { type AppliedGoal, type Losses, noLosses, weightedTotal } from './goals.ts'
import { recordOf } from './tensor-record.ts'

/** Descriptions of total losses, which `run.json` stores: the loss and the weight of each output. */
const described = new WeakMap<Loss, object>()

/** Returns a description of a loss: its name or, of several outputs, the name and weight of each. */
export const lossSpec = (loss: Loss): string | object => described.get(loss) ?? loss.name

/**
 * Returns the loss of a task as one function: of several outputs, the weighted sum of their losses.
 *
 *     total = Σ weightₖ · lossₖ(outputₖ, yₖ)
 *
 * @param y shape and element type of the targets, and their names
 * @throws {ArgumentError} when the data have several targets and an output has no loss, or one has no target.
 */
export function totalLoss(who: string, loss: Loss | Losses, { tensors }: FieldSpec): Loss {
  if (tensors === undefined) {
    if (typeof loss === 'function') return loss
    const got = `losses of ${Object.keys(loss).join(', ')}`
    throw new ArgumentError(
      `${who}: wanted loss as one function for data with one target, got ${got}; name the targets with data.tensors`,
    )
  }
  const outputs = Object.keys(tensors)
  if (typeof loss === 'function') {
    if (described.has(loss)) return loss
    throw noLosses(who, outputs, loss)
  }
  const stranger = Object.keys(loss).find((name) => !outputs.includes(name))
  if (stranger !== undefined) throw unknownName(who, outputs, stranger, 'losses of outputs, each ')
  const missing = outputs.find((name) => loss[name] === undefined)
  if (missing !== undefined)
    throw new ArgumentError(`${who}: wanted a loss for each output, got none for ${missing}`)
  return summed(loss, tensors)
}

function summed(losses: Losses, tensors: TensorSpecs): Loss {
  const goals = Object.entries(tensors).map(([name, names]) => {
    const goal = losses[name]!
    return { name, names, ...(typeof goal === 'function' ? { lossOf: goal, weight: 1 } : weighted(goal)) }
  })
  const total: Loss = (output, y) => {
    const [outputs, targets] = [recordOf(output), recordOf(y, tensors)]
    const each = goals.map((goal): AppliedGoal => {
      const [one, target] = [outputs[goal.name]!, targets[goal.name]!]
      return { ...goal, output: one, y: target, loss: applied(goal, one, target) }
    })
    return weightedTotal(each)
  }
  const spec = goals.map(({ name, lossOf: { name: loss }, weight }) => [name, { loss, weight }])
  described.set(total, Object.fromEntries(spec))
  return Object.defineProperty(total, 'name', { value: goals.map(({ name }) => name).join(' + ') })
}

const weighted = ({ loss, weight = 1 }: { readonly loss: Loss; readonly weight?: number }) => ({
  lossOf: loss,
  weight,
})

/** Applies the loss of one output. @throws {ShapeError} naming the output, when output, loss and data do not fit. */
function applied(
  { name, names, lossOf }: Omit<AppliedGoal, 'loss' | 'output' | 'y'>,
  output: Tensor,
  y: Tensor,
): Tensor {
  try {
    return checkedLoss(lossOf, output, y, names)
  } catch (error) {
    const Kind =
      error instanceof ShapeError ? ShapeError : error instanceof ArgumentError ? ArgumentError : undefined
    if (Kind === undefined) throw error
    throw new Kind(`output ${name}: ${(error as Error).message.replace(/^task: /, '')}`, { cause: error })
  }
}
