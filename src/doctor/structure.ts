import { sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { trace, variables } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { Dropout } from '../nn/dropout.ts'
import type { Module } from '../nn/module.ts'
import { BatchNorm } from '../nn/norm/batch-norm.ts'
import { type Call, observe } from '../nn/observe.ts'
import { batchInput, castFloat, computeDType } from '../train/graphs.ts'

/** A call of a batch normalization that normalizes by batch statistics. */
export interface Norm {
  /** Path of the layer in the model. */
  readonly name: string
  readonly layer: BatchNorm
  /** Input. */
  readonly x: Tensor
  /** Output. */
  readonly y: Tensor
  /** Number of values from which the statistics of one channel are computed. */
  readonly values: number
  /** Weight before the layer, if its scale does not affect the layer's output. */
  readonly fed: Fed | undefined
}

/** A weight and a bias that feed a layer, by state name. */
export interface Fed {
  readonly weight: string
  readonly outputs: Outputs
  /** Bias vector added to the outputs of `weight`, if any. */
  readonly bias?: string
  /** Whether the layer cancels the bias: every operator between them preserves a constant shift. */
  readonly cancels: boolean
}

/** The values of a weight that produce one output: those of one group with the same index along `axis`. */
export interface Outputs {
  readonly axis: number
  /** Number of groups into which the axes before `axis` are split evenly, each with outputs of its own. */
  readonly groups: number
}

/** The order of a model's layers in training, found by tracing instead of from layer names. */
export interface Structure {
  readonly norms: readonly Norm[]
  /** Active dropout layers, with their outputs. */
  readonly dropouts: readonly { readonly name: string; readonly y: Tensor }[]
  /** State name of each trainable weight, by the tensor that reads the weight. */
  readonly names: ReadonlyMap<Tensor, string>
  /** Returns the tensors computed directly from a tensor. */
  users(t: Tensor): readonly Tensor[]
}

/**
 * Traces a model on a batch of `length` examples in training mode.
 *
 * @throws {ShapeError} when the batch does not suit the model.
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

/** Returns the tensors that receive a tensor's gradient, or else its inputs. */
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

/** Operators that map x + c to y + c along each channel. */
const shifting = new Set(['MaxPool', 'AveragePool', 'Reshape', 'Transpose', 'Identity', 'Cast'])
/** Operators that map c · x to c · y, for c > 0, along each channel. */
const homogeneous = new Set([...shifting, 'Relu', 'PRelu'])
/** Operators that change the layout of a tensor but not its values. */
const layouts = new Set(['Reshape', 'Transpose', 'Expand'])
/** Operators that add their inputs. */
const sums = new Set(['Add', 'Sub'])

/**
 * Finds the weight and bias whose common scale the layer from `x` to `y` removes: they are used only for `x`,
 * and every operator in between preserves scale.
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
 * Finds the values of a weight that produce one output of `t`; undefined when a change of layout hides them.
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

/** Returns the axis of a weight that corresponds to the channels of `t`. */
function outputAxis(t: Tensor, weight: Tensor): number {
  if (t.sources) return isTransposed(t) ? 1 : 0
  const right = t.inputs[1] === weight
  if (t.op === 'Gemm') return Number(right ? !t.attributes.transB : Boolean(t.attributes.transA))
  if (t.op === 'MatMul') return weight.shape.length - (right ? 1 : 2)
  return t.op === 'Gather' ? weight.shape.length - 1 : 0
}

/**
 * Returns whether a convolution is transposed, independent of its operators: the gradient of its weight
 * `[c, o, …k]` is then that of a convolution whose input is dL/dt.
 */
function isTransposed(t: Tensor): boolean {
  const slope = input(t.shape, t.dtype)
  return t.grad?.(slope)[1]?.sources?.[0] === slope
}

/** Returns the trainable weight that a tensor is a layout of, if any. */
function weightBehind(
  t: Tensor,
  { names }: Graph,
): { readonly name: string; readonly rank: number } | undefined {
  let behind = t
  while (layouts.has(behind.op)) behind = behind.inputs[0]!
  const name = names.get(behind)
  return name === undefined ? undefined : { name, rank: behind.shape.length }
}

/** Returns every tensor from which `t` is computed, including `t`. */
export const ancestors = (t: Tensor): ReadonlySet<Tensor> => new Set(topological([t], sourcesOf))
