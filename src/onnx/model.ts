import type { NodeProto } from 'onnx-buf'
import { type Tensor, topological } from '../core/tensor.ts'
import { type Graph, loopProto, modelBytes, nodeProto, tensorProto, valueInfo } from './proto.ts'
import { byNode, simplify } from './simplify.ts'

export type Named = ReadonlyMap<string, Tensor>

/**
 * An ONNX model that computes `outputs` from `inputs`. Inputs that no output needs are left out; constants may stand
 * among them, to have a name.
 *
 * @param first the name of a first axis of any size, for a graph that does not depend on it; fixed unless given
 */
export function toOnnx(inputs: Named, outputs: Named, first?: string): Uint8Array {
  const graph = bodyOf('step', inputs, simplified(outputs))
  const info = (name: string, { dtype, shape }: Tensor): ReturnType<typeof valueInfo> =>
    valueInfo(name, dtype, first === undefined ? shape : [first, ...shape.slice(1)])
  return modelBytes({
    ...graph,
    input: [...inputs].filter(([, t]) => t.op === 'Input' && graph.used.has(t)).map((one) => info(...one)),
    output: [...outputs].map((one) => info(...one)),
  })
}

/** What a repeated step is made of. */
export interface Repeated {
  /** Differ from step to step: stacked along a new first axis, `[K, …]`. */
  readonly stacked: Named
  /** Read by every step, and written by none. */
  readonly fixed: Named
  /** Read and written: each step sees what the one before wrote. */
  readonly carried: ReadonlyMap<string, { readonly read: Tensor; readonly written: Tensor }>
  /** Results of each step, stacked. */
  readonly outputs: Named
}

/** The names of what a model takes and gives besides its inputs and results. */
export const graphNames = {
  /** How many steps a loop takes; int64. */
  count: '#count',
  /** What a variable becomes. */
  next: (variable: string): string => `next:${variable}`,
} as const

/**
 * An ONNX model that runs a step `count` times in one `Loop`.
 *
 * Inputs: `#count` (int64), the stacked ones, the fixed and the carried. Outputs: `next:NAME` for each carried
 * one, and each output stacked along a first axis.
 */
export function toOnnxLoop({ stacked, fixed, carried, outputs }: Repeated): Uint8Array {
  const inner = (name: string): string => `step:${name}`
  const given = new Map([
    ...[...stacked].map(([name, t]) => [inner(name), t] as const),
    ...[...carried].map(([name, { read }]) => [inner(name), read] as const),
    ...fixed,
  ])
  const results = new Map([
    ...[...carried].map(([name, { written }]) => [inner(graphNames.next(name)), written] as const),
    ...[...outputs].map(([name, t]) => [inner(name), t] as const),
  ])
  const body = bodyOf('step', given, simplified(results))
  const isUsed = ([, t]: readonly [string, Tensor]): boolean => body.used.has(t)
  const slices = [...stacked]
    .filter(isUsed)
    .map(([name]) => nodeProto('Gather', [name, 'index'], [inner(name)], { axis: 0 }))
  const step: Graph = {
    ...body,
    node: [...slices, nodeProto('Identity', ['condition'], ['continue']), ...body.node],
    input: [
      valueInfo('index', 'int64', []),
      valueInfo('condition', 'bool', []),
      ...[...carried].map(([name, { read }]) => valueInfo(inner(name), read.dtype, read.shape)),
    ],
    output: [valueInfo('continue', 'bool', []), ...body.output],
  }
  const loop = loopProto(
    [graphNames.count, '', ...carried.keys()],
    [...[...carried.keys()].map(graphNames.next), ...outputs.keys()],
    step,
  )
  return modelBytes({
    name: 'steps',
    node: [loop],
    initializer: [],
    input: [
      valueInfo(graphNames.count, 'int64', []),
      ...[...stacked].filter(isUsed).map(([name, t]) => valueInfo(name, t.dtype, ['K', ...t.shape])),
      ...[...fixed].filter(isUsed).map(([name, t]) => valueInfo(name, t.dtype, t.shape)),
      ...[...carried].map(([name, { read }]) => valueInfo(name, read.dtype, read.shape)),
    ],
    output: [
      ...[...carried].map(([name, { read }]) => valueInfo(graphNames.next(name), read.dtype, read.shape)),
      ...[...outputs].map(([name, t]) => valueInfo(name, t.dtype, ['K', ...t.shape])),
    ],
  })
}

const simplified = (outputs: Named): Named => {
  const roots = simplify([...outputs.values()])
  return new Map([...outputs.keys()].map((name, i) => [name, roots[i]!]))
}

/** The nodes and constants that make `outputs`, and which tensors were needed for it. */
function bodyOf(
  name: string,
  inputs: Named,
  outputs: Named,
): Omit<Graph, 'input'> & { readonly used: ReadonlySet<Tensor> } {
  const order = topological([...outputs.values()])
  const named = new Map([...inputs].map(([given, t]) => [t, given]))
  // A result is named by its node, unless it is no node's, or two results are one tensor.
  const renamed: NodeProto[] = []
  for (const [output, t] of outputs) {
    if (named.has(t) || t.op === 'Constant') renamed.push(nodeProto('Identity', [], [output]))
    else named.set(t, output)
  }
  order.forEach((t, i) => {
    if (t.op === 'Input' && !named.has(t)) throw new Error('onnx: an input of the graph was not named')
    if (!named.has(t)) named.set(t, `${t.op}_${i}`)
  })
  for (const node of renamed) node.input.push(named.get(outputs.get(node.output[0]!)!)!)
  const nameOf = (t: Tensor): string => named.get(t)!
  return {
    name,
    node: [...byNode(order).map((results) => nodeOf(results, nameOf)), ...renamed],
    initializer: order.filter((t) => t.op === 'Constant').map((t) => tensorProto(nameOf(t), t)),
    output: [...outputs].map(([output, t]) => valueInfo(output, t.dtype, t.shape)),
    used: new Set(order),
  }
}

/** The node that computes `results`. One that nobody asked for has a name too: ONNX Runtime insists. */
function nodeOf(results: readonly Tensor[], nameOf: (t: Tensor) => string): NodeProto {
  const { op, inputs, attributes, output } = results[0]!
  const named = Array.from({ length: output?.count ?? 1 }, (_, k) => `${nameOf(results[0]!)}.${k}`)
  for (const t of results) named[t.output?.index ?? 0] = nameOf(t)
  return nodeProto(op, inputs.map(nameOf), named, attributes)
}
