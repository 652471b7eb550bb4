import { sizeOf } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { Dropout } from '../nn/dropout.ts'
import type { Module } from '../nn/module.ts'
import { BatchNorm } from '../nn/norm/batch-norm.ts'
import { type Call, observe } from '../nn/observe.ts'
import { batchInput, castFloat, computeDType } from '../train/graphs.ts'

/** One call of a BN layer in the model's forward pass, in which the layer normalizes by batch statistics. */
export interface Norm {
  /** Path of the layer in the model, such as `blocks.0.bn`. */
  readonly name: string
  readonly layer: BatchNorm
  /** Input of the BN layer in this call. */
  readonly x: Tensor
  /** Output of the BN layer in this call. */
  readonly y: Tensor
  /** Number of values from which the mean and variance of one channel are computed. */
  readonly values: number
  /** Weight before the layer, if the weight's scale does not affect the layer's output; otherwise undefined. */
  readonly fed: Fed | undefined
}

/** State names of the weight and, if any, the bias before a BN layer, whose common scale BN cancels. */
export interface Fed {
  readonly weight: string
  readonly outputs: Outputs
  /** Name of the bias that is added to the output of `weight`, if there is one. */
  readonly bias?: string
  /** Whether BN cancels the bias by subtracting the mean, since all operators in between preserve a shift. */
  readonly cancels: boolean
}

/** Division of a weight's values by output channel: a channel has those at one index along `axis` in one group. */
export interface Outputs {
  readonly axis: number
  /** Number of equal groups into which the axes before `axis` are split, as in a grouped convolution. */
  readonly groups: number
}

/** Structure of a model: the order in which its layers run in a forward pass for training, found from its graph. */
export interface Structure {
  readonly norms: readonly Norm[]
  /** Dropout layers that are active in training, with their output tensors. */
  readonly dropouts: readonly { readonly name: string; readonly y: Tensor }[]
  /** Maps each tensor that is a trainable weight in the graph to the weight's state name. */
  readonly names: ReadonlyMap<Tensor, string>
  /** Returns the tensors that have `t` as a direct input. */
  users(t: Tensor): readonly Tensor[]
}

/**
 * Finds a model's structure by building its graph in training mode for a batch of `length` examples.
 *
 * @throws {ShapeError} when the model does not accept inputs of the shape or type of `x`.
 */
export function structureOf(model: Module, x: FieldSpec, length: number): Structure {
  const calls: Call[] = []
  const { result } = trace(() => {
    const { shape, dtype } = batchInput(x, length)
    const y = observe(
      model,
      (call) => calls.push(call),
      () => model.forward(castFloat(input(shape, dtype), computeDType(model)), 'train'),
    )
    const trained = [...variables(model)].filter(([, { trainable }]) => trainable)
    return { y, names: new Map(trained.map(([name, v]) => [v.value, name] as const)) }
  })
  const order = topological([result.y], sourcesOf)
  const users = usersIn(order)
  const graph: Graph = { names: result.names, users }
  return {
    norms: calls.flatMap((call) => normOf(call, graph)),
    dropouts: calls.flatMap(({ name, module, inputs, output }) =>
      module instanceof Dropout && output !== inputs[0] ? [{ name, y: output }] : [],
    ),
    ...graph,
  }
}

/** Returns pairs of names: each active dropout layer that has BN layers after it, and the first of those. */
export function dropoutsBeforeNorms({
  norms,
  dropouts,
}: Structure): readonly { readonly dropout: string; readonly norm: string }[] {
  const before = norms.map(({ name, x }) => ({ name, tensors: ancestors(x) }))
  return dropouts.flatMap(({ name, y }) => {
    const norm = before.find(({ tensors }) => tensors.has(y))
    return norm ? [{ dropout: name, norm: norm.name }] : []
  })
}

/** Returns the tensors to which t's gradient rule passes gradients: `t.sources` or, by default, t's inputs. */
export const sourcesOf = (t: Tensor): readonly Tensor[] => t.sources ?? t.inputs

function usersIn(order: readonly Tensor[]): (t: Tensor) => readonly Tensor[] {
  const users = new Map<Tensor, Tensor[]>()
  for (const t of order) {
    for (const source of new Set(sourcesOf(t))) {
      const known = users.get(source)
      if (known) known.push(t)
      else users.set(source, [t])
    }
  }
  return (t) => users.get(t) ?? []
}

type Graph = Pick<Structure, 'names' | 'users'>

function normOf({ name, module, inputs, output }: Call, graph: Graph): Norm[] {
  if (!(module instanceof BatchNorm) || module.frozen) return []
  const x = inputs[0] as Tensor
  const examples = Math.min(x.shape[0]!, module.virtualBatchSize ?? Number.POSITIVE_INFINITY)
  const values = examples * sizeOf(x.shape.slice(2))
  return [{ name, layer: module, x, y: output, values, fed: fedBy(x, output, graph) }]
}

/** Names of operators f with f(x + c) = f(x) + c for a constant c per channel. */
const shifting = new Set(['MaxPool', 'AveragePool', 'Reshape', 'Transpose', 'Identity', 'Cast'])
/** Names of operators f with f(c · x) = c · f(x) for a constant c > 0 per channel. */
const homogeneous = new Set([...shifting, 'Relu', 'PRelu'])
/** Names of operators that rearrange or repeat a tensor's values without changing them. */
const layouts = new Set(['Reshape', 'Transpose', 'Expand'])
/** Names of operators that add or subtract their inputs. */
const sums = new Set(['Add', 'Sub'])

/**
 * Finds the weight and bias whose common scale is cancelled by the BN layer with input `x` and output `y`: they are
 * used only to compute `x`, by operators that all preserve a scale. Undefined if there is no such weight.
 */
function fedBy(x: Tensor, y: Tensor, graph: Graph): Fed | undefined {
  const within = new Set(topological([y], (t) => (t === x ? [] : sourcesOf(t))))
  let [bias, shifts]: [string | undefined, boolean] = [undefined, true]
  for (let [t, after]: [Tensor, ReadonlySet<Tensor>] = [x, within]; ; ) {
    if (!graph.users(t).every((user) => after.has(user))) return undefined
    const sources = sourcesOf(t)
    const named = sources.map((source) => weightBehind(source, graph))
    const weight = named.find((one) => one && one.rank >= 2)
    const adds = sums.has(t.op) || t.op === 'Gemm' || (weight !== undefined && t.sources !== undefined)
    const vectors = adds ? named.filter((one) => one?.rank === 1) : []
    if (vectors.length + Number(bias !== undefined) > 1) return undefined
    bias ??= vectors[0]?.name
    if (weight) {
      if (sums.has(t.op) && !t.sources) return undefined
      const outputs = outputsOf(t, sources[named.indexOf(weight)]!)
      if (!outputs) return undefined
      return {
        weight: weight.name,
        outputs,
        ...(bias !== undefined && { bias }),
        cancels: bias !== undefined && shifts,
      }
    }
    const others = sources.filter((source, i) => !named[i] && source.op !== 'Constant')
    if (others.length !== 1 || !(vectors.length > 0 || homogeneous.has(t.op))) return undefined
    shifts &&= bias !== undefined || shifting.has(t.op)
    after = new Set([t])
    t = others[0]!
  }
}

/**
 * Returns which values of a weight contribute to one channel of `t`; undefined if the weight is reshaped on the way.
 */
function outputsOf(t: Tensor, weight: Tensor): Outputs | undefined {
  let [axis, behind] = [outputAxis(t, weight), weight]
  const groups = t.sources ? t.shape[1]! / weight.shape[axis]! : 1
  while (layouts.has(behind.op)) {
    const before = behind.inputs[0]!
    if (behind.op === 'Transpose') axis = (behind.attributes.perm as readonly number[])[axis]!
    else if (before.shape[axis] !== behind.shape[axis]) return undefined
    behind = before
  }
  return groups === 1 || behind === weight ? { axis, groups } : undefined
}

/** Returns the axis of `weight` for the channels of `t`, which is a matrix product or convolution with `weight`. */
function outputAxis(t: Tensor, weight: Tensor): number {
  if (t.sources) return isTransposed(t) ? 1 : 0
  const right = t.inputs[1] === weight
  if (t.op === 'Gemm') return Number(right ? !t.attributes.transB : Boolean(t.attributes.transA))
  if (t.op === 'MatMul') return weight.shape.length - (right ? 1 : 2)
  return t.op === 'Gather' ? weight.shape.length - 1 : 0
}

/**
 * Returns whether a convolution `t` is transposed, whatever operators compute it: whether the gradient of its weight
 * is the weight gradient of a convolution whose input is dL/dt.
 */
function isTransposed(t: Tensor): boolean {
  const slope = input(t.shape, t.dtype)
  return t.grad?.(slope)[1]?.sources?.[0] === slope
}

/** Returns the trainable weight of which `t` is a reshaped, transposed or unchanged copy; undefined if none. */
function weightBehind(
  t: Tensor,
  { names }: Graph,
): { readonly name: string; readonly rank: number } | undefined {
  let behind = t
  while (layouts.has(behind.op)) behind = behind.inputs[0]!
  const name = names.get(behind)
  return name === undefined ? undefined : { name, rank: behind.shape.length }
}

/** Returns `t` and all tensors from which `t` is computed, directly or indirectly. */
const ancestors = (t: Tensor): ReadonlySet<Tensor> => new Set(topological([t], sourcesOf))
