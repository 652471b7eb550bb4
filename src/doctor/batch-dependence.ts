import { isFloat } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import type { Loss } from '../ops/loss.ts'
import { partsOf } from '../ops/loss-weight.ts'
import { castFloat } from '../train/graphs.ts'

/** A model, its loss and the data of an experiment. */
interface Setup {
  readonly model: Module
  readonly loss: Loss
  readonly data: { readonly x: FieldSpec; readonly y: FieldSpec }
  readonly dtype: 'float32' | 'float64'
}

/**
 * Returns the operator that keeps a loss from being a mean over the examples of a batch, such as `Sqrt` of a
 * mean, or `ReduceSum` for a plain sum. Undefined for a mean, for a loss that states its weight, or if unknown.
 *
 * Compares the graphs of the loss for two batch sizes: an axis whose size differs is an axis of examples.
 */
export function batchDependence(setup: Setup): string | undefined {
  const [small, large] = [2, 4].map((n) => lossGraph(setup, n))
  if (!small || !large || small.graph.length !== large.graph.length) return undefined
  if (small.graph.some(({ op }, i) => op !== large.graph[i]!.op)) return undefined
  const twins = new Map(small.graph.map((t, i) => [t, large.graph[i]!]))
  return new Comparison(twins, small).cause()
}

interface LossGraph {
  readonly loss: Tensor
  /** All tensors that the loss is computed from, in topological order. */
  readonly graph: readonly Tensor[]
  /** Tensors of the graph that depend on the model's output or the target. */
  readonly fed: ReadonlySet<Tensor>
}

/** Builds the loss's graph for a batch of `n` examples; undefined if model or loss do not allow this size. */
function lossGraph({ model, loss: lossOf, data, dtype }: Setup, n: number): LossGraph | undefined {
  const batch = ({ shape, dtype }: FieldSpec): Tensor => input([n, ...shape], dtype)
  const traced = (): LossGraph => {
    const output = model.forward(castFloat(batch(data.x), dtype), 'eval')
    const given = [input(output.shape, output.dtype), castFloat(batch(data.y), dtype)]
    const loss = lossOf(given[0]!, given[1]!)
    const graph = topological([loss])
    const fed = new Set(given)
    for (const t of graph) if (t.inputs.some((one) => fed.has(one))) fed.add(t)
    return { loss, graph, fed }
  }
  try {
    return trace(traced).result
  } catch (error) {
    if (error instanceof EvenstepError) return undefined
    throw error
  }
}

/** Names of operators with one input that keep the value of a scalar or change its sign. */
const linear = ['Neg', 'Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Expand', 'Transpose']

/** Finds why a loss is no mean over examples, by comparing its graphs for batches of 2 and of 4 examples. */
class Comparison {
  readonly #twins: ReadonlyMap<Tensor, Tensor>
  readonly #small: LossGraph

  constructor(twins: ReadonlyMap<Tensor, Tensor>, small: LossGraph) {
    this.#twins = twins
    this.#small = small
  }

  cause(): string | undefined {
    const mixing = this.#small.graph.find((t) => this.#small.fed.has(t) && this.#mixes(t))
    return mixing?.op ?? this.#walk(this.#small.loss, 1)
  }

  /** Returns the number of axes of `t` whose size differs between the graphs: axes of examples. */
  #axes(t: Tensor): number {
    const twin = this.#twins.get(t)!
    return t.shape.filter((size, axis) => size !== twin.shape[axis]).length
  }

  /** Whether a tensor with an axis of examples combines values of different examples. */
  #mixes(t: Tensor): boolean {
    const isBatched = this.#axes(t) > 0
    if (this.#axes(t) > 1) return true
    return isBatched && t.inputs.some((one) => this.#small.fed.has(one) && this.#axes(one) === 0)
  }

  /**
   * Returns the operator that keeps `t`, a scalar of the batch, from being a mean over examples, if any.
   *
   * @param factor constant by which the loss multiplies `t` for 4 examples, divided by the one for 2 examples
   */
  #walk(t: Tensor, factor: number): string | undefined {
    const { fed } = this.#small
    if (!fed.has(t) || partsOf(t)) return undefined
    const from = t.inputs.filter((one) => fed.has(one))
    const [one, other] = from as [Tensor, Tensor | undefined]
    if (from.some((source) => this.#axes(source) > 0)) return this.#reduction(t, factor)
    if (t.op === 'Add' || t.op === 'Sub') {
      return from.map((source) => this.#walk(source, factor)).find((cause) => cause !== undefined)
    }
    if (linear.includes(t.op) || t.op === 'ReduceSum' || t.op === 'ReduceMean') return this.#walk(one, factor)
    const constant = t.inputs.find((source) => source !== one)
    if (other !== undefined || constant === undefined) return t.op
    if (t.op === 'Mul') return this.#walk(one, factor * this.#ratio(constant))
    return t.op === 'Div' && t.inputs[0] === one ? this.#walk(one, factor / this.#ratio(constant)) : t.op
  }

  /** Returns the operator of `t`, which reduces the axis of examples, unless with `factor` this is a mean. */
  #reduction(t: Tensor, factor: number): string | undefined {
    const weights = t.inputs.find((one) => one.op === 'Constant' && isFloat(one.dtype))
    if (t.op === 'ReduceMean') return Math.abs(factor - 1) < 1e-6 ? undefined : t.op
    if (t.op !== 'ReduceSum' && !(t.op === 'MatMul' && weights)) return t.op
    const total = t.op === 'MatMul' ? factor * this.#ratio(weights!) : factor
    return Math.abs(total - 0.5) < 1e-6 ? undefined : 'ReduceSum'
  }

  /** Returns a constant's value in the graph for 4 examples, divided by its value in the graph for 2. */
  #ratio(t: Tensor): number {
    const [small, large] = [t, this.#twins.get(t)!].map(({ data }) => data?.[0])
    return small && large ? large / small : 1
  }
}
