import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { add, div, mul, neg, sub } from '../ops/arithmetic.ts'
import { expand, reshape, sum } from '../ops/broadcast.ts'
import { cast } from '../ops/compare.ts'
import type { Loss } from '../ops/loss.ts'
import { partsOf, scoredByOf, weightedLoss, withClassTargets, withLink } from '../ops/loss-weight.ts'
import { type AppliedLoss, LossScale } from './loss-scale.ts'
import { classTargets, type LossTerm, splitLoss } from './loss-terms.ts'

/**
 * Returns the loss of a batch whose examples have weights w. A loss is a sum of terms, each Σ lᵢ / Σ vᵢ over the
 * examples i of the batch, where vᵢ is 1 for a mean; a term that is a sum has no divisor.
 *
 *     Σ wᵢ·lᵢ / Σ wᵢ·vᵢ        and Σ wᵢ·lᵢ for a sum
 *
 * A term that does not depend on the examples, such as a penalty on weights, stays as it is.
 *
 * @param lossOf function that computed the loss
 * @param x input of the model
 * @param weights `[n]`; undefined for a batch without weights, whose loss is returned unchanged
 * @throws {ArgumentError} when the loss is not made of a value for each example.
 */
export function exampleWeighted(
  lossOf: Loss,
  applied: AppliedLoss,
  x: Tensor,
  weights: Tensor | undefined,
): Tensor {
  const { loss } = applied
  if (weights === undefined) return loss
  const scale = scaleOf(lossOf, applied)
  const { terms, fed } = splitLoss(applied, x, scale)
  const shares = new Shares(scale, fed, cast(weights, loss.dtype))
  const whole = terms.map((term) => (fed.has(term.total) ? shares.weighted(term) : term.total)).reduce(add)
  return described(whole, loss)
}

/**
 * Finds out how the loss depends on the number of examples.
 *
 * @throws {ArgumentError} when it is neither a mean over the examples nor a sum.
 */
function scaleOf(lossOf: Loss, applied: AppliedLoss): LossScale {
  const scale = LossScale.of(lossOf, applied)
  // The graph for a single example may differ from the graph for two in how it reduces an axis.
  const isSingle = applied.output.shape[0] === 1
  const known = scale ?? (isSingle ? LossScale.ofTwo(lossOf, applied) : undefined)
  if (known === undefined || known.cause !== undefined) throw indivisible(known?.cause)
  return known
}

const indivisible = (op: string | undefined): ArgumentError =>
  new ArgumentError(
    `task: wanted a loss of a value for each example, since the examples have weights, got one that ${op === undefined ? 'depends on the number of examples in another way' : `combines examples by ${op}`}; ` +
      'reduce the costs of the examples by ops.mean, ops.sum or ops.weightedLoss alone, or leave the weights out',
  )

/** Attaches to a loss what is known of the loss that it was made of, for accuracy, metrics and predictions. */
function described(loss: Tensor, of: Tensor): Tensor {
  const own = loss === of ? { ...loss } : loss
  const [targets, link] = [classTargets(of), topological([of]).flatMap((t) => scoredByOf(t) ?? [])[0]]
  if (targets) withClassTargets(own, targets)
  return link ? withLink(own, link) : own
}

/** Weights the shares that the examples of a batch have in its loss. */
class Shares {
  readonly #scale: LossScale
  readonly #fed: ReadonlySet<Tensor>
  readonly #weights: Tensor
  readonly #total: Tensor

  constructor(scale: LossScale, fed: ReadonlySet<Tensor>, weights: Tensor) {
    this.#scale = scale
    this.#fed = fed
    this.#weights = weights
    this.#total = sum(weights)
  }

  get #examples(): number {
    return this.#weights.shape[0]!
  }

  weighted({ total, weight }: LossTerm): Tensor {
    const over = sum(mul(this.#weights, this.#sharesOf(total)))
    const isSum = weight === 1 || (this.#examples === 1 && weight === 'examples' && this.#scale.isWhole)
    if (isSum) return weightedLoss(over, 1)
    if (weight === 'examples') return weightedLoss(mul(over, this.#examples), this.#total)
    return weightedLoss(over, sum(mul(this.#weights, this.#sharesOf(weight))))
  }

  /** Returns the shares of the examples in a number, `[n]`, whose sum it is. */
  #sharesOf(t: Tensor): Tensor {
    const n = this.#examples
    if (n === 1) return reshape(t, [1])
    if (!this.#fed.has(t)) return expand(reshape(div(t, n), [1]), [n])
    const parts = partsOf(t)
    if (parts?.weight === 1) return this.#sharesOf(parts.total)
    const [a, b] = t.inputs as readonly [Tensor, Tensor]
    if (this.#scale.hasExamples(a)) return this.#reduced(t, a)
    if (layouts.includes(t.op)) return this.#sharesOf(a)
    if (t.op === 'Neg') return neg(this.#sharesOf(a))
    if (t.op === 'Cast') return cast(this.#sharesOf(a), t.dtype)
    if (t.op === 'Add') return add(this.#sharesOf(a), this.#sharesOf(b))
    if (t.op === 'Sub') return sub(this.#sharesOf(a), this.#sharesOf(b))
    if (t.op === 'Mul' && !this.#fed.has(b)) return mul(this.#sharesOf(a), reshape(b, []))
    if (t.op === 'Mul' && !this.#fed.has(a)) return mul(this.#sharesOf(b), reshape(a, []))
    if (t.op === 'Div' && !this.#fed.has(b)) return div(this.#sharesOf(a), reshape(b, []))
    throw indivisible(t.op)
  }

  /** Returns the shares in `t`, which reduces the costs of all examples. */
  #reduced(t: Tensor, costs: Tensor): Tensor {
    const n = this.#examples
    const size = sizeOf(costs.shape)
    if (t.op !== 'ReduceSum' && t.op !== 'ReduceMean') throw indivisible(t.op)
    if (!this.#scale.isByExample(costs, n)) throw indivisible('Transpose')
    const each = sum(reshape(costs, [n, size / n]), [1])
    return t.op === 'ReduceMean' ? div(each, size) : each
  }
}

const layouts = ['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Expand']
