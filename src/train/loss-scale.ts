import { EvenstepError } from '../core/errors.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { Loss } from '../ops/loss.ts'
import { partsOf } from '../ops/loss-weight.ts'

/** A loss, together with the model output and targets that it was computed from. */
export interface AppliedLoss {
  readonly loss: Tensor
  readonly output: Tensor
  readonly y: Tensor
}

/** Operators of one input that keep the sum of its elements, up to a factor independent of the batch size. */
const linear = ['Neg', 'Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Expand', 'Transpose']
const sums = ['ReduceSum', 'ReduceMean']

/**
 * Finds out how a loss depends on the batch size, by comparing its graph for one batch with its graph for a batch of
 * twice as many examples. A tensor whose shape differs has an axis of examples; a constant whose value differs
 * depends on the batch size.
 */
export class LossScale {
  readonly #twins: ReadonlyMap<Tensor, Tensor>
  readonly #graph: readonly Tensor[]
  /** Tensors that depend on the model's output or on the targets. */
  readonly #fed: ReadonlySet<Tensor>
  readonly #loss: Tensor

  private constructor(loss: Tensor, graph: readonly Tensor[], twins: readonly Tensor[], fed: Set<Tensor>) {
    this.#loss = loss
    this.#graph = graph
    this.#twins = new Map(graph.map((t, i) => [t, twins[i]!]))
    for (const t of graph) if (t.inputs.some((one) => fed.has(one))) fed.add(t)
    this.#fed = fed
  }

  /** Applies the loss function to a batch twice as large. Returns undefined if that fails, or the graph differs. */
  static of(lossOf: Loss, { loss, output, y }: AppliedLoss): LossScale | undefined {
    if (loss === output || output.shape.length === 0 || y.shape.length === 0) return undefined
    const twice = ({ shape: [n, ...rest], dtype }: Tensor): Tensor => input([2 * n!, ...rest], dtype)
    const larger = [twice(output), twice(y)] as const
    const twin = attempt(() => trace(() => lossOf(...larger)).result)
    if (twin === undefined) return undefined
    const [graph, twins] = [between(loss, [output, y]), between(twin, larger)]
    const isEnd = (t: Tensor): boolean => t === output || t === y
    const isAlike = graph.length === twins.length && graph.every((t, i) => isEnd(t) || t.op === twins[i]!.op)
    return isAlike ? new LossScale(loss, graph, twins, new Set([output, y])) : undefined
  }

  /** Applies the loss function to batches of two and of four examples, since one example may have a graph of its own. */
  static ofTwo(lossOf: Loss, { output, y }: Pick<AppliedLoss, 'output' | 'y'>): LossScale | undefined {
    const two = ({ shape: [, ...rest], dtype }: Tensor): Tensor => input([2, ...rest], dtype)
    const pair = { output: two(output), y: two(y) }
    const loss = attempt(() => trace(() => lossOf(pair.output, pair.y)).result)
    return loss && LossScale.of(lossOf, { loss, ...pair })
  }

  /** Returns the operator that makes the loss neither a mean over the examples nor a sum; undefined if none does. */
  get cause(): string | undefined {
    const mixing = this.#mixing
    if (mixing) return mixing.op
    const scale = this.#walk(this.#loss)
    return typeof scale === 'string' ? scale : undefined
  }

  /** Whether `t` is a sum over the examples, as opposed to their mean or anything else. */
  isSum(t: Tensor): boolean {
    return this.#twins.has(t) && this.#mixing === undefined && isTwice(this.#walk(t))
  }

  /** Whether the loss is a sum over the examples. */
  get isWhole(): boolean {
    return this.isSum(this.#loss)
  }

  /** Whether `t` has an axis of examples. */
  hasExamples(t: Tensor): boolean {
    return this.#twins.has(t) && this.#axes(t) > 0
  }

  /** Whether the elements of `t`, which has an axis of examples, are those of the first of `n` examples, then the next. */
  isByExample(t: Tensor, n: number): boolean {
    const isFirst = this.#axes(t) === 1 && t.shape[0] !== this.#twins.get(t)!.shape[0]
    const moves = ({ op, attributes }: Tensor): boolean =>
      op === 'Transpose' && (attributes.perm as readonly number[])[0] !== 0
    return isFirst && (t.shape[0] === n || !this.#graph.some((one) => this.#fed.has(one) && moves(one)))
  }

  /**
   * Returns the value of the number `t` for twice as many examples, divided by its value for the batch: 1 if it does
   * not depend on the batch size, undefined if unknown.
   */
  ratio(t: Tensor): number | undefined {
    const twin = this.#twins.get(t)
    if (twin === undefined) return 1
    const [small, large] = [numberOf(t), numberOf(twin)]
    if (small !== undefined && large !== undefined) return small === large ? 1 : large / small
    const isFixed = topological([t]).every((one) => sameData(one, this.#twins.get(one)))
    return isFixed ? 1 : undefined
  }

  get #mixing(): Tensor | undefined {
    return this.#graph.find((t) => this.#fed.has(t) && this.#mixes(t))
  }

  /** Number of axes whose size differs in the larger batch. */
  #axes(t: Tensor): number {
    const twin = this.#twins.get(t)!
    return t.shape.filter((size, axis) => size !== twin.shape[axis]).length
  }

  /** Whether `t`, which has an axis of examples, combines values of different examples. */
  #mixes(t: Tensor): boolean {
    if (this.#axes(t) > 1) return true
    const from = t.inputs.filter((one) => this.#fed.has(one))
    return this.#axes(t) > 0 && from.some((one) => this.#axes(one) === 0)
  }

  /**
   * Returns the factor by which `t`, a value of a whole batch, grows when each example of the batch occurs twice: 1
   * for a mean, 2 for a sum. If it is neither, returns the name of the operator that prevents it.
   */
  #walk(t: Tensor): number | string {
    const parts = partsOf(t)
    if (parts || !this.#fed.has(t)) return parts?.weight === 1 ? 2 : 1
    const from = t.inputs.filter((one) => this.#fed.has(one))
    const [one, other] = from as [Tensor, Tensor | undefined]
    if (from.some((source) => this.#axes(source) > 0)) return this.#reduction(t)
    if (t.op === 'Add' || t.op === 'Sub') return this.#joined(t)
    if (linear.includes(t.op) || sums.includes(t.op)) return this.#walk(one)
    const factor = t.inputs.find((source) => source !== one)
    const isDivided = t.op === 'Div' && t.inputs[0] === one
    if (other !== undefined || factor === undefined || !(t.op === 'Mul' || isDivided)) return t.op
    const [scale, ratio] = [this.#walk(one), this.ratio(factor)]
    if (typeof scale === 'string' || ratio === undefined) return typeof scale === 'string' ? scale : t.op
    const whole = isDivided ? scale / ratio : scale * ratio
    if (ratio !== 1 && topological([one]).some(isWeighted)) return t.op
    return isNear(whole, 1) || isTwice(whole) ? whole : t.op
  }

  /** Returns the growth factor (see `#walk`) of a sum or difference of tensors. A mean plus a sum has factor 1. */
  #joined(t: Tensor): number | string {
    const scales = t.inputs.map((source) => this.#walk(source))
    const cause = scales.find((scale) => typeof scale === 'string')
    return cause ?? (scales.every(isTwice) ? 2 : 1)
  }

  /** Returns the growth factor (see `#walk`) of `t`, which reduces over the axis of examples. */
  #reduction(t: Tensor): number | string {
    const weights = t.inputs.find(({ op }) => op === 'Constant')
    if (t.op === 'ReduceMean') return 1
    if (t.op === 'ReduceSum') return 2
    const ratio = t.op === 'MatMul' && weights ? this.ratio(weights) : undefined
    return ratio === undefined ? t.op : 2 * ratio
  }
}

/** Returns all tensors between `ends` and `loss`, in topological order. */
const between = (loss: Tensor, ends: readonly Tensor[]): readonly Tensor[] =>
  topological([loss], (t) => (ends.includes(t) ? [] : t.inputs))

function attempt<T>(body: () => T): T | undefined {
  try {
    return body()
  } catch (error) {
    if (error instanceof EvenstepError) return undefined
    throw error
  }
}

const isWeighted = (t: Tensor): boolean => typeof partsOf(t)?.weight === 'object'
const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5 * b
const isTwice = (scale: number | string): boolean => typeof scale === 'number' && isNear(scale, 2)

/** Returns the value of all elements of a constant tensor; undefined if they differ, or the tensor is not constant. */
function numberOf(t: Tensor): number | undefined {
  if (t.op === 'Constant') return allOf(t.data!)
  const [a, b] = t.inputs.map(numberOf)
  if (linear.includes(t.op)) return t.op === 'Neg' && a !== undefined ? -a : a
  if (a === undefined || b === undefined) return undefined
  if (t.op === 'Mul') return a * b
  if (t.op === 'Div') return a / b
  if (t.op === 'Add') return a + b
  return t.op === 'Sub' ? a - b : undefined
}

/** Returns the value that all elements have; undefined when they differ. */
function allOf(data: ArrayLike<number>): number | undefined {
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return undefined
  return data[0]
}

function sameData({ data: a }: Tensor, twin: Tensor | undefined): boolean {
  const b = twin?.data
  if (a === b || a === undefined || b === undefined) return true
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return a.length === b.length
}
