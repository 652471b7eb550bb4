import { noTensor } from '../core/calls.ts'
import type { Data } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { isTensor, type Tensor, topological } from '../core/tensor.ts'
import { add, div, mul, neg } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import { cast } from '../ops/compare.ts'
import { concat } from '../ops/concat.ts'
import type { Loss } from '../ops/loss.ts'
import { type ClassTargets, classTargetsOf, type LossParts, partsOf } from '../ops/loss-weight.ts'
import { type AppliedGoal, goalsIn } from './goals.ts'
import { type AppliedLoss, LossScale } from './loss-scale.ts'

/**
 * One term of a loss, in a form that can be joined over batches. A sum has weight 1 and its value as `total`; a quotient
 * has its divisor as `weight`; both are joined as Σ total / Σ weight. A mean over the examples has the mean as `total`
 * and `'examples'` as `weight`, and is joined as the mean over the examples of all batches.
 */
export interface LossTerm {
  readonly total: Tensor
  readonly weight: LossParts['weight'] | 'examples'
}

/**
 * Splits a loss into terms, each divided by one weight. Looks through sums, differences and factors that do not
 * depend on the data, as in `ops.add(ops.crossEntropy(output, y, { weight }), ops.mul(penalty, 0.1))`. A sum times a
 * factor that depends on the number of examples is recognized as a mean, as in
 * `ops.div(ops.sum(costs), output.shape[0])`.
 *
 * @param lossOf function that computed the loss; applied again to a larger batch for comparison
 * @param x input of the model
 * @returns the terms; undefined for a mean over the examples, which almost every loss is
 */
export function termsOf(lossOf: Loss, applied: AppliedLoss, x: Tensor): readonly LossTerm[] | undefined {
  const { loss, output, y } = applied
  const goals = goalsIn(loss)
  if (goals) return termsOfGoals(goals, x)
  const scale = LossScale.of(lossOf, applied)
  const fed = reaching(topological([loss]), (t) => t === x || t === y || t === output)
  const merged = new Map<LossTerm['weight'], Tensor>()
  for (const { total, weight } of split(loss, { scale, fed })) {
    const before = merged.get(weight)
    merged.set(weight, before ? add(before, total) : total)
  }
  const terms = Array.from(merged, ([weight, total]) => ({ total, weight }))
  return terms.every(({ weight }) => weight === 'examples') ? undefined : terms
}

/** Returns the terms of a weighted sum of the losses of several outputs; undefined if each is a mean over the examples. */
function termsOfGoals(goals: readonly AppliedGoal[], x: Tensor): readonly LossTerm[] | undefined {
  const terms = goals.flatMap(({ lossOf, weight, ...goal }): readonly LossTerm[] => {
    const own = termsOf(lossOf, goal, x) ?? [{ total: reshape(goal.loss, []), weight: 'examples' }]
    return weight === 1 ? own : own.map((term) => ({ ...term, total: mul(term.total, weight) }))
  })
  return terms.every(({ weight }) => weight === 'examples') ? undefined : terms
}

/** Splits a loss into terms as `termsOf` does, without joining those of one weight, for a known scale of the loss. */
export function splitLoss(
  { loss, output, y }: AppliedLoss,
  x: Tensor,
  scale: LossScale,
): { readonly terms: readonly LossTerm[]; readonly fed: ReadonlySet<Tensor> } {
  const fedIn = (ends: readonly Tensor[]) => reaching(topological(ends), (t) => [x, y, output].includes(t))
  const terms = split(loss, { scale, fed: fedIn([loss]) })
  const parts = terms.flatMap(({ total, weight }) => (typeof weight === 'object' ? [total, weight] : total))
  return { terms, fed: fedIn(parts) }
}

/** Returns the scores and targets compared by the first classification loss in `loss`; undefined if there is none. */
export const classTargets = (loss: Tensor): ClassTargets | undefined =>
  topological([loss]).flatMap((t) => classTargetsOf(t) ?? [])[0]

/** Returns the tensors of `graph`, in topological order, that depend on a tensor for which `is` is true. */
function reaching(graph: readonly Tensor[], is: (t: Tensor) => boolean): ReadonlySet<Tensor> {
  const found = new Set<Tensor>()
  for (const t of graph) if (is(t) || t.inputs.some((input) => found.has(input))) found.add(t)
  return found
}

interface Ancestry {
  /** How the loss changes with the number of examples; undefined if unknown. */
  readonly scale: LossScale | undefined
  /** Tensors that depend on the examples. */
  readonly fed: ReadonlySet<Tensor>
}

/** Operators that preserve the value of a tensor with a single element. */
const layouts = ['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'ReduceSum', 'ReduceMean', 'Expand']

function split(t: Tensor, ancestry: Ancestry): readonly LossTerm[] {
  const parts = partsOf(t)
  if (parts) return [{ total: reshape(parts.total, []), weight: parts.weight }]
  const [a, b] = t.inputs as readonly [Tensor, Tensor]
  const each = (of: Tensor, change: (total: Tensor) => Tensor): readonly LossTerm[] =>
    split(of, ancestry).map(({ total, weight }) => ({ total: change(total), weight }))
  // In a batch of one example, the axis of the examples has size 1, too; such a tensor is not a single number.
  const isSingle = (x: Tensor | undefined): boolean =>
    x?.shape.every((n) => n === 1) === true && !ancestry.scale?.hasExamples(x)
  const isWhole = ancestry.fed.has(t) && isSingle(a)
  if (isWhole && layouts.includes(t.op)) return split(a, ancestry)
  // A node with its own `sources` has a gradient that does not follow from the gradients of its inputs.
  const isPlain = isWhole && t.sources === undefined
  if (isPlain && t.op === 'Neg') return each(a, neg)
  if (isPlain && t.op === 'Cast') return each(a, (total) => cast(total, t.dtype))
  if (isPlain && isSingle(b)) {
    if (t.op === 'Add') return [...split(a, ancestry), ...split(b, ancestry)]
    if (t.op === 'Sub') return [...split(a, ancestry), ...each(b, neg)]
    if (t.op === 'Mul' && !ancestry.fed.has(b)) return scaled(a, b, mul, ancestry)
    if (t.op === 'Mul' && !ancestry.fed.has(a)) return scaled(b, a, mul, ancestry)
    if (t.op === 'Div' && !ancestry.fed.has(b)) return scaled(a, b, div, ancestry)
  }
  return [{ total: reshape(t, []), weight: ancestry.scale?.isSum(t) ? 1 : 'examples' }]
}

/** Returns the terms of `t` after multiplying or dividing by a factor that may depend on the number of examples. */
function scaled(
  t: Tensor,
  factor: Tensor,
  change: typeof mul | typeof div,
  ancestry: Ancestry,
): readonly LossTerm[] {
  const known = ancestry.scale ? ancestry.scale.ratio(factor) : 1
  const ratio = known === undefined || change === mul ? known : 1 / known
  const changed = (total: Tensor): Tensor => change(total, reshape(factor, []))
  return split(t, ancestry).map(({ total, weight }): LossTerm => {
    if (ratio === 1) return { total: changed(total), weight }
    const whole = typeof weight === 'object' ? div(total, reshape(weight, [])) : total
    const isSum = ratio !== undefined && weight === 'examples' && Math.abs(ratio - 2) < 1e-5
    return { total: changed(whole), weight: isSum ? 1 : 'examples' }
  })
}

/** Values of a loss term after a step: the quotient `total / weight` or, without `weight`, the sum `total`. */
export interface LossPart {
  readonly total: number
  readonly weight?: number
}

/** Packs the values of the terms into one vector, to be unpacked by `readParts`: all totals, then all weights. */
export function packed(terms: readonly LossTerm[]): Tensor {
  const weights = terms.flatMap(({ weight }) => (typeof weight === 'object' ? [weight] : []))
  const { dtype } = terms[0]!.total
  return concat([...terms.map(({ total }) => total), ...weights].map((t) => cast(reshape(t, [1]), dtype)))
}

/** What a term is divided by: 1 for nothing, the number of examples, or an object for a weight in the graph. */
export type LossKind = 1 | 'examples' | object

/** Returns what each term of a loss is divided by. */
export const kindsOf = (terms: readonly LossTerm[]): readonly LossKind[] => terms.map(({ weight }) => weight)

/** Unpacks the vectors made by `packed`, one per step. @param examples number of examples in each batch */
export function readParts(
  kinds: readonly LossKind[],
  data: Data,
  examples: number,
): readonly (readonly LossPart[])[] {
  const width = kinds.length + kinds.filter((kind) => typeof kind === 'object').length
  return Array.from({ length: data.length / width }, (_, step) => {
    let next = step * width + kinds.length
    return kinds.map((kind, k): LossPart => {
      const total = Number(data[step * width + k])
      if (kind === 1) return { total }
      return kind === 'examples'
        ? { total: total * examples, weight: examples }
        : { total, weight: Number(data[next++]) }
    })
  })
}

/** Combines the parts (totals and weights) of the same loss on two batches. */
export const joinParts = (a: readonly LossPart[] | undefined, b: readonly LossPart[]): readonly LossPart[] =>
  b.map(({ total, weight }, k) => ({
    total: (a?.[k]?.total ?? 0) + total,
    ...(weight !== undefined && { weight: (a?.[k]?.weight ?? 0) + weight }),
  }))

/** Returns the loss over all examples from combined parts; NaN when all labels are ignored. */
export const lossOfParts = (parts: readonly LossPart[]): number =>
  parts.reduce((sum, { total, weight }) => sum + (weight === undefined ? total : total / weight), 0)

/** Calls a loss function. @throws {ShapeError} when it does not return a tensor. */
export function lossTensor(lossOf: Loss, output: Tensor, target: Tensor): Tensor {
  const loss: unknown = lossOf(output, target)
  if (isTensor(loss)) return loss
  const error = noTensor('loss', loss)
  throw loss === undefined ? new ShapeError(`${error.message}; return what it computes`) : error
}
