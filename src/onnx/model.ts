import type { NodeProto, ValueInfoProto } from 'onnx-buf'
import { type Tensor, topological } from '../core/tensor.ts'
import { type Graph, loopProto, modelBytes, nodeProto, tensorProto, valueInfo } from './proto.ts'
import { byNode, simplify } from './simplify.ts'

export type Named = ReadonlyMap<string, Tensor>

/**
 * An ONNX model that computes `outputs` from `inputs`. Inputs that no output needs are left out; constants may
 * be among them, to be named.
 *
 * @param first name of a first axis of any size, for a graph that does not depend on it. @default a fixed size
 */
export function toOnnx(inputs: Named, outputs: Named, first?: string): Uint8Array {
  const graph = bodyOf('step', inputs, simplified(outputs))
  const info = (name: string, { dtype, shape }: Tensor): ValueInfoProto =>
    valueInfo(name, dtype, first === undefined ? shape : [first, ...shape.slice(1)])
  return modelBytes({
    ...graph,
    input: [...inputs].filter(([, t]) => t.op === 'Input' && graph.used.has(t)).map((one) => info(...one)),
    output: [...outputs].map((one) => info(...one)),
  })
}

/** The parts of a repeated step. */
export interface Repeated {
  /** Inputs that differ from step to step: stacked along a new first axis, `[K, …]`. */
  readonly stacked: Named
  /** Inputs that every step reads and none writes. */
  readonly fixed: Named
  /** Inputs that are read and written: each step reads what the previous one wrote. */
  readonly carried: ReadonlyMap<string, { readonly read: Tensor; readonly written: Tensor }>
  /** Results of each step, to be stacked. */
  readonly outputs: Named
}

/** Names of a model's inputs and outputs besides those of the caller. */
export const graphNames = {
  /** Number of steps of a loop; int64. */
  count: '#count',
  /** Next value of a variable. */
  next: (variable: string): string => `next:${variable}`,
} as const

const inner = (name: string): string => `step:${name}`

/**
 * An ONNX model that runs a step `count` times in one `Loop`.
 *
 * Inputs: `#count` (int64), the stacked ones, the fixed and the carried. Outputs: `next:NAME` for each carried
 * one, and each output stacked along a first axis.
 */
export function toOnnxLoop(repeated: Repeated): Uint8Array {
  const { stacked, fixed, carried, outputs } = repeated
  const { step, used } = loopBody(repeated)
  const infoOf = (prefix: readonly string[], given: Named): ValueInfoProto[] =>
    [...given].map(([name, t]) => valueInfo(name, t.dtype, [...prefix, ...t.shape]))
  const usedOf = (given: Named): Named => new Map([...given].filter(([, t]) => used.has(t)))
  const read = new Map([...carried].map(([name, { read }]) => [name, read]))
  const written = new Map([...carried].map(([name, { read }]) => [graphNames.next(name), read]))
  return modelBytes({
    name: 'steps',
    node: [
      loopProto([graphNames.count, '', ...carried.keys()], [...written.keys(), ...outputs.keys()], step),
    ],
    initializer: [],
    input: [
      valueInfo(graphNames.count, 'int64', []),
      ...infoOf(['K'], usedOf(stacked)),
      ...infoOf([], usedOf(fixed)),
      ...infoOf([], read),
    ],
    output: [...infoOf([], written), ...infoOf(['K'], outputs)],
  })
}

/** The body of the loop: slices what is stacked, then takes the step. */
function loopBody({ stacked, fixed, carried, outputs }: Repeated): {
  step: Graph
  used: ReadonlySet<Tensor>
} {
  const given = new Map([
    ...[...stacked].map(([name, t]) => [inner(name), t] as const),
    ...[...carried].map(([name, { read }]) => [inner(name), read] as const),
    ...fixed,
  ])
  const results = new Map([
    ...[...carried].map(([name, { written }]) => [inner(graphNames.next(name)), written] as const),
    ...[...outputs].map(([name, t]) => [inner(name), t] as const),
  ])
  const { used, ...body } = bodyOf('step', given, simplified(results))
  const slices = [...stacked]
    .filter(([, t]) => used.has(t))
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
  return { step, used }
}

const simplified = (outputs: Named): Named => {
  const roots = simplify([...outputs.values()])
  return new Map([...outputs.keys()].map((name, i) => [name, roots[i]!]))
}

/** The nodes and constants that compute `outputs`, and the tensors that they need. */
function bodyOf(
  name: string,
  inputs: Named,
  outputs: Named,
): Omit<Graph, 'input'> & { readonly used: ReadonlySet<Tensor> } {
  const order = topological([...outputs.values()])
  const named = new Map([...inputs].map(([given, t]) => [t, given]))
  // A result gives its node its name, unless it has no node, or is the same tensor as another result.
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

/** The node that computes `results`. Results that are not used are named too: ONNX Runtime insists. */
function nodeOf(results: readonly Tensor[], nameOf: (t: Tensor) => string): NodeProto {
  const { op, inputs, attributes, output } = results[0]!
  const named = Array.from({ length: output?.count ?? 1 }, (_, k) => `${nameOf(results[0]!)}.${k}`)
  for (const t of results) named[t.output?.index ?? 0] = nameOf(t)
  return nodeProto(op, inputs.map(nameOf), named, attributes)
}
